import * as rule from '../utils/options'
import type { AnyFunction } from './pool-options'

/** What one call takes; durations in ms. */
export interface ScheduleOptions<F extends AnyFunction = AnyFunction> {
  /** Positional arguments. Default: none. */
  args?: Parameters<F> | readonly unknown[]
  /** Becomes the last argument. */
  kwargs?: object
  /** Limit of running, from the start in a worker. */
  timeout?: number
  /** Limit of waiting for a worker. */
  queueTimeout?: number
  /** How long before the kill the body's `currentTask().signal` aborts. */
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
