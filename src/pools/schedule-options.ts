import * as rule from '../utils/options'
import type { AnyFunction } from './pool-options'

/** What one call takes; durations in ms. */
export interface ScheduleOptions<F extends AnyFunction = AnyFunction> {
  /** Positional arguments. Default: none. */
  args?: Readonly<Parameters<F>>
  /** Becomes the last argument. */
  kwargs?: object
  /** Limit of running, from the start of the body. */
  timeout?: number
  /** Limit of waiting for a worker. */
  queueTimeout?: number
  /** Time between the abort of the body's `currentTask().signal` and the end of its worker. */
  grace?: number
  /** Cancels the call when it aborts. */
  signal?: AbortSignal
  /** Moved instead of copied, in threads. */
  transfer?: readonly unknown[]
  /** Calls of a higher one go first. Default: 0. */
  priority?: number
  /** The instance, for a method under legacy decorators, which `pool.schedule(foo.method)` cannot tell. */
  self?: object
}

/** What `schedule` takes after the function: a function with required parameters needs `args`, or `kwargs`. */
export type OptionsOf<F extends AnyFunction> = [F] extends [never]
  ? [options?: ScheduleOptions]
  : [] extends Parameters<F>
    ? [options?: ScheduleOptions<F> | WithKwargs<F>]
    : [options: WithArgs<F> | WithKwargs<F>]

type WithArgs<F extends AnyFunction> = ScheduleOptions<F> & {
  readonly args: Readonly<Parameters<F>>
  readonly kwargs?: undefined
}
type WithKwargs<F extends AnyFunction> = Omit<ScheduleOptions, 'args'> & {
  readonly args?: Readonly<Partial<Parameters<F>>>
  readonly kwargs: object
}

/** @throws {TypeError} what stands for the options is an argument of the function */
export function refusePositional(options: unknown): void {
  if (options === undefined || Object.prototype.toString.call(options) === '[object Object]') return
  throw new TypeError(
    `Expected the options of schedule() to be an object, got ${rule.show(options)}: ` +
      'arguments go into `args`, as in `schedule(fn, { args: [1, 2] })`.',
  )
}

export const scheduleRules: rule.Rules<ScheduleOptions> = {
  args: rule.arrayOf(rule.anything, 'an array of arguments'),
  kwargs: rule.matching('an object', (value) => typeof value === 'object' && value !== null),
  timeout: rule.positiveMs,
  queueTimeout: rule.positiveMs,
  grace: rule.nonNegativeMs,
  signal: rule.abortSignal,
  transfer: rule.arrayOf(rule.anything, 'an array of transferable objects'),
  priority: rule.matching('a number', (value) => typeof value === 'number' && !Number.isNaN(value)),
  self: rule.matching('an instance', (value) => typeof value === 'object' && value !== null),
}
