/** The option `retries`: how often a failed call is tried again, and after which failures. */
import { CancelledError, PebbleError, ProcessExpired, ThreadExpired, TimeoutError } from '../errors'
import * as rule from '../utils/options'

/**
 * Why a call is tried again: `lost` (its machine, in a cluster), `expired` (its worker died), `timeout` (its limit of
 * running passed), `error` (its body threw).
 */
export type RetryCause = 'lost' | 'expired' | 'timeout' | 'error'

/** How often a call may start, and why again. */
export interface Retries {
  /** How often the call may start, the first time included. */
  readonly attempts: number
  /** What lets it start again. Default: `['lost', 'expired']`. */
  readonly on?: readonly RetryCause[]
  /** The pause before it starts again, in ms; doubled each time. Default: 0. */
  readonly backoff?: number
}

const CAUSES: readonly RetryCause[] = ['lost', 'expired', 'timeout', 'error']
const DEFAULT: readonly RetryCause[] = ['lost', 'expired']

export const retriesRule = rule.either(
  rule.nonNegativeInteger,
  rule.nested<Retries>(
    {
      attempts: rule.positiveInteger,
      on: rule.arrayOf(rule.oneOf(...CAUSES), `an array of ${CAUSES.map((cause) => `'${cause}'`).join(', ')}`),
      backoff: rule.nonNegativeMs,
    },
    'an object of options',
  ),
)

/** @param given a number of retries, or how often the call may start */
export function retriesOf(given: number | Retries | undefined): Required<Retries> {
  if (typeof given === 'object') return { on: DEFAULT, backoff: 0, ...given }
  const attempts = 1 + (given ?? 0)
  return { attempts, on: attempts === 1 ? [] : DEFAULT, backoff: 0 }
}

/**
 * Why a call failed; `undefined` if it did not run, or was cancelled.
 *
 * @param timeout the limit of running of the call, in ms
 */
export function retryCauseOf(error: unknown, timeout: number | undefined): RetryCause | undefined {
  if (error instanceof ProcessExpired || error instanceof ThreadExpired) return 'expired'
  const isOwn = error instanceof PebbleError || error instanceof CancelledError
  if (!isOwn || error.traceback !== undefined) return 'error' // it comes from the body
  return error instanceof TimeoutError && error.timeout === timeout && /limit `timeout/.test(error.message)
    ? 'timeout'
    : undefined
}
