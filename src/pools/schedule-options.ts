/** Options of `schedule`, and the rules that it shares with `map`. */
import type { CallLimits } from '../dispatch/call'
import { retriesRule, type Retries } from '../dispatch/retries'
import * as rule from '../utils/options'
import type { AnyFunction } from './pool-options'

/** Options of one call. Durations are in ms. */
export interface ScheduleOptions<F extends AnyFunction = AnyFunction> {
  /** Positional arguments. Default: none. */
  args?: Readonly<Parameters<F>>
  /** An object that is passed as the last argument, after `args`. Default: none. */
  kwargs?: object
  /** Limit of running in ms, from the start of the body. The call is then stopped with its worker. Default: no limit. */
  timeout?: number
  /** Limit of waiting for a worker in ms. Default: no limit. */
  queueTimeout?: number
  /** Time in ms between the abort of the body's `currentTask().signal` and the end of its worker. Default: 0. */
  grace?: number
  /** Cancels the call when it aborts. */
  signal?: AbortSignal
  /** Objects that are moved instead of copied, in threads. Default: none. */
  transfer?: readonly unknown[]
  /** Calls with a higher priority go first. Default: 0. */
  priority?: number
  /** How often a failed call is tried again; or also for which causes, and after which pause. Default: 0. */
  retries?: number | Retries
  /** The instance of a method under legacy decorators, where `pool.schedule(foo.method)` alone cannot tell it. */
  self?: object
}

/**
 * The arguments of `schedule` after the function: a function with required parameters needs `args` or `kwargs`. `More`:
 * options that only some pools have.
 */
export type OptionsOf<F extends AnyFunction, More = object> = [F] extends [never]
  ? [options?: ScheduleOptions & More]
  : [] extends Parameters<F>
    ? [options?: (ScheduleOptions<F> | WithKwargs<F>) & More]
    : [options: (WithArgs<F> | WithKwargs<F>) & More]

type WithArgs<F extends AnyFunction> = ScheduleOptions<F> & {
  readonly args: Readonly<Parameters<F>>
  readonly kwargs?: undefined
}
type WithKwargs<F extends AnyFunction> = Omit<ScheduleOptions, 'args'> & {
  readonly args?: Readonly<Partial<Parameters<F>>>
  readonly kwargs: object
}

/** What a call takes besides its limits. */
export interface CallExtras {
  readonly signal?: AbortSignal
  readonly transfer?: readonly unknown[]
  readonly self?: unknown
}

/** The rules of the limits that `schedule` and the decorators have in common. `map` has no `queueTimeout`. */
export const limitRules = {
  timeout: rule.positiveMs,
  queueTimeout: rule.positiveMs,
  grace: rule.nonNegativeMs,
  retries: retriesRule,
}

/** The rules of options that `schedule` and `map` have in common. */
export const callRules = {
  timeout: limitRules.timeout,
  grace: limitRules.grace,
  signal: rule.abortSignal,
  priority: rule.matching('a number', (value) => typeof value === 'number' && !Number.isNaN(value)),
  self: rule.matching('an instance', (value) => typeof value === 'object' && value !== null),
}

const scheduleRules: rule.Rules<ScheduleOptions> = {
  args: rule.arrayOf(rule.anything, 'an array of arguments'),
  kwargs: rule.matching('an object', (value) => typeof value === 'object' && value !== null),
  queueTimeout: limitRules.queueTimeout,
  retries: limitRules.retries,
  transfer: rule.arrayOf(rule.anything, 'an array of transferable objects'),
  ...callRules,
}

/**
 * Reads the options of `schedule`.
 *
 * @throws {TypeError} an option is unknown or of the wrong type, or `options` is an argument of the function;
 * {@link RangeError} an option is out of range
 */
export function readScheduleOptions(options: ScheduleOptions | undefined): {
  args: unknown[]
  limits: CallLimits
  extras: CallExtras
} {
  refusePositional(options)
  const {
    args = [],
    kwargs,
    signal,
    transfer,
    self,
    ...limits
  } = rule.checkOptions<ScheduleOptions>('schedule()', options, scheduleRules)
  const all: unknown[] = [...(args as readonly unknown[])]
  if (kwargs !== undefined) all.push(kwargs)
  return { args: all, limits, extras: { signal, transfer, self } }
}

/** @throws {TypeError} what stands in the place of the options is an argument of the function */
function refusePositional(options: unknown): void {
  if (options === undefined || Object.prototype.toString.call(options) === '[object Object]') return
  throw new TypeError(
    `Expected the options of schedule() to be an object, got ${rule.show(options)}: ` +
      'arguments go into `args`, as in `schedule(fn, { args: [1, 2] })`.',
  )
}
