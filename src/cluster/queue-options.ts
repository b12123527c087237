/** Options of {@link QueuePool} and of its calls. */
import { retriesRule, type Retries } from '../dispatch/retries'
import type { ScheduleOptions } from '../pools/schedule-options'
import * as rule from '../utils/options'
import { secretRule, type SecretOption } from './secrets'

/**
 * A URL (`redis://`, `rediss://`, `postgres://`), a client of `ioredis`, a `Pool` of `pg`, or the options of either.
 */
export type ConnectionOption = string | object

/** Durations are in ms, sizes in bytes. */
export interface QueuePoolOptions {
  /** A URL (`redis://`, `rediss://`, `postgres://`), a client of `ioredis`, a `Pool` of `pg`, or the options of either. */
  connection: ConnectionOption
  /**
   * The key by which calls and outcomes are signed; several while keys rotate, the newest first. `false`: no signatures.
   * Default: the environment variable `PEBBLE_SECRET`; without that, a `TypeError`.
   */
  secret?: SecretOption
  /** How long records of finished calls are kept for `attach()`, in ms. Default: 3,600,000 (one hour). */
  keep?: number
  /** How long records of failed calls are kept, in ms. Default: 604,800,000 (seven days). */
  keepFailed?: number
  /**
   * How long a call may wait to start, in ms, besides its `delay`; then workers refuse it. Recorded calls cannot be repeated
   * after that time. Default: `keepFailed`.
   */
  maxAge?: number
  /** How often a failed call is tried again, and after which failures. Default: 0. */
  retries?: number | Retries
  /** `same`: only workers whose text of the method is the caller's run it; others put the call back. Default: `any`. */
  code?: 'any' | 'same'
  /** The most bytes of the arguments of a call, and of its result. Default: 8,388,608 (8 MiB). */
  maxPayload?: number
  /** The most calls of this pool that are pending. Default: no limit. */
  maxQueue?: number
  /** What happens to a call that finds the pool full. Default: `'reject'`. */
  whenFull?: 'reject' | 'wait'
  /** Name of the pool in messages and statistics. Default: the name of the queue. */
  name?: string
  /**
   * The folder that names of modules are relative to, on this machine. Default: that of the nearest `package.json` at or
   * above the main module.
   */
  root?: string | URL
  /** How long workers may be silent until their calls count as lost, in ms: that of the workers. Default: 15,000. */
  lease?: number
  /** How long the queue may take to accept a call, in ms; then it rejects with `PoolError`. Default: 10,000. */
  connectTimeout?: number
}

/** Options that calls of a {@link QueuePool} have besides. */
export interface QueueCallOptions {
  /** The id of the call. If there is one of that id already, the call joins it instead of running again. */
  id?: string
  /** How long the call waits before it may start, in ms. Default: 0. */
  delay?: number
}

const root = rule.either(rule.nonEmptyString, rule.instance(URL))
/** Lost leases are looked for every third of a lease, and a body needs up to two seconds to end before its lease runs out. */
const lease = rule.matching('a number of ms, at least 5000', (value) => typeof value === 'number' && value >= 5000)

export const commonRules = {
  connection: rule.either(
    rule.nonEmptyString,
    rule.matching('a client or its options', (value) => typeof value === 'object' && value !== null),
  ),
  secret: secretRule,
  root,
  lease,
}

export const queuePoolRules: rule.Rules<QueuePoolOptions> = {
  ...commonRules,
  keep: rule.positiveMs,
  keepFailed: rule.positiveMs,
  maxAge: rule.positiveMs,
  retries: retriesRule,
  code: rule.oneOf('any', 'same'),
  maxPayload: rule.positiveInteger,
  maxQueue: rule.nonNegativeInteger,
  whenFull: rule.oneOf('reject', 'wait'),
  name: rule.nonEmptyString,
  connectTimeout: rule.positiveMs,
}

/** Keys of BullMQ in Redis, which are named as those of jobs are. */
export const RESERVED_IDS: ReadonlySet<string> = new Set(
  'active completed de delayed events failed id limiter marker meta paused pc prioritized repeat stalled stalled-check wait waiting-children'.split(
    ' ',
  ),
)

/** The engine numbers jobs that have no id, so none may be a number. */
function isId(value: unknown): boolean {
  if (typeof value !== 'string' || value === '' || value.includes(':')) return false
  return value !== `${parseInt(value, 10)}` && !RESERVED_IDS.has(value)
}

/** The id of a call of the user. */
export const idRule = rule.matching(
  'a non-empty string without a colon, no number and no name of the engine (`wait`, `failed`)',
  isId,
)

/** The engine has made the ids of repeated calls: the key of the repetition, and the time of the call in ms. */
const REPEATED_ID = /^repeat:.+:\d{13,}$/

/** The id of any call. */
export const anyIdRule = rule.matching(
  'the id of a call: a non-empty string without a colon, or that of a repeated call',
  (value) => isId(value) || (typeof value === 'string' && REPEATED_ID.test(value)),
)

/** Ten years, in ms. BullMQ cannot count much further in Redis. */
const LONGEST_DELAY = 10 * 365 * 24 * 3_600_000

const callRules: rule.Rules<QueueCallOptions> = {
  id: idRule,
  delay: { ...rule.nonNegativeMs, inside: rule.atMost(LONGEST_DELAY) },
}

/** The name of a queue. BullMQ refuses a colon, PostgreSQL the character 0. */
export const queueRule = rule.matching(
  'a non-empty string without colons and control characters',
  (value) => typeof value === 'string' && /^[^:\u0000-\u001f\u007f]+$/.test(value),
)

/** Takes the options of the queue out of those of a call. */
export function splitOptions(
  given: (ScheduleOptions & QueueCallOptions) | undefined,
): readonly [ScheduleOptions | undefined, QueueCallOptions] {
  if (typeof given !== 'object' || given === null) return [given, {}]
  const { id, delay, ...rest } = given
  const own = rule.checkOptions<QueueCallOptions>('schedule()', { id, delay }, callRules)
  return [rest, own]
}
