/** The options that the commands `work` and `queue` share: which queue, where, and with which secret. */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { packageRoot } from '../utils/portable-names'
import { UsageError } from './command'

/** As the parser gives them: an option that is given twice is an array, and digits are a number. */
export interface GivenQueue {
  readonly queue?: unknown
  readonly connection?: unknown
  readonly secretEnv?: unknown
  readonly secret?: unknown
  readonly root?: unknown
}

const DEFAULT_SECRET = 'PEBBLE_SECRET'

/** The values of an option that may be given again, and may have commas in it. */
export function listOf(given: unknown): string[] {
  if (given === undefined) return []
  const all: unknown[] = Array.isArray(given) ? given : [given]
  return all.flatMap((each) => String(each).split(',')).filter((each) => each !== '')
}

/** @throws UsageError if there is none */
export function readQueues({ queue }: GivenQueue): string[] {
  const queues = listOf(queue)
  if (queues.length === 0) throw new UsageError('Expected --queue, the name of a queue.')
  return queues
}

/** @throws UsageError if there is none */
export function readConnection({ connection }: GivenQueue): string {
  const url = connection ?? process.env['PEBBLE_CONNECTION'] ?? process.env['REDIS_URL']
  if (typeof url === 'string' && /^(?:rediss?|postgres(?:ql)?):/.test(url)) return url
  const got = url === undefined ? '' : ', got another one'
  throw new UsageError(
    `Expected --connection, or PEBBLE_CONNECTION or REDIS_URL in the environment: a URL that begins with redis://, rediss:// or postgres://${got}.`,
  )
}

/** Several secrets have commas between them, the newest first. @throws UsageError if there is none */
export function readSecret({ secret, secretEnv = DEFAULT_SECRET }: GivenQueue): string[] | false {
  if (secret === false) return false
  const secrets = listOf(process.env[String(secretEnv)])
  if (secrets.length > 0) return secrets
  throw new UsageError(
    `Expected the secret of the callers in the environment as ${String(secretEnv)}. --no-secret does without, where only trusted programs reach the queue.`,
  )
}

/**
 * @param folder where the search for a `package.json` begins
 * @throws UsageError if it is no folder
 */
export function readRoot({ root }: GivenQueue, folder: string): string {
  if (root === undefined) return packageRoot(folder)
  const path = resolve(listOf(root).join(','))
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path
  throw new UsageError(`There is no folder ${path}.`)
}

/** The URL without its password. */
export function shownUrl(connection: string): string {
  const { protocol, host, pathname } = new URL(connection)
  return `${protocol}//${host}${pathname}`
}
