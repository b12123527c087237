/** The option `secret`, and the keys of a queue that are made of it. */
import { crypto } from '../utils/lazy'
import * as rule from '../utils/options'
import type { Secrets } from './signatures'

/** One key, or several while they rotate (the newest first); `false`: without signatures. */
export type SecretOption = string | Uint8Array | ReadonlyArray<string | Uint8Array> | false

const isKey = (value: unknown): boolean =>
  (typeof value === 'string' && value !== '') || (value instanceof Uint8Array && value.byteLength > 0)

export const secretRule = rule.matching(
  'a non-empty string, bytes, an array of them, or false',
  (value) => value === false || isKey(value) || (Array.isArray(value) && value.length > 0 && value.every(isKey)),
)

/**
 * The keys of one queue. What is signed for one queue is not valid in another one that has the same secret.
 *
 * @param given default: the environment variable PEBBLE_SECRET
 * @throws {TypeError} there is none
 */
export function secretsOf(where: string, queue: string, given: SecretOption | undefined): Secrets {
  const secret = given ?? (process.env.PEBBLE_SECRET || undefined)
  if (secret === false) return false
  if (secret !== undefined) {
    const all = (Array.isArray(secret) ? secret : [secret]) as ReadonlyArray<string | Uint8Array>
    return all.map((each) => keyOf(each, queue))
  }
  throw new TypeError(
    `Expected \`secret\` in the options of ${where}, or in the environment as PEBBLE_SECRET: anything that can write to the queue could run code on the workers. ` +
      '`secret: false` does without, where only trusted programs reach it.',
  )
}

const keyOf = (secret: string | Uint8Array, queue: string): Uint8Array =>
  crypto().createHmac('sha256', secret).update(`pebble-ts queue ${queue}`).digest()
