import * as rule from '../../utils/options'
import { isSource } from './sources'

/** What `map` takes; durations in ms. */
export interface MapOptions {
  /** Elements that travel and run together, at most 1,048,576. Default: 1. Pebble's `chunksize`. */
  chunkSize?: number
  /** Limit of running for each chunk. Default: none. */
  timeout?: number
  /** Cancels what is left when it aborts. */
  signal?: AbortSignal
  /** Elements taken from the iterables ahead of what was consumed. Default: 1,024, or four chunks a worker where that is more. */
  buffer?: number
  /** Chunks of a higher one go before other calls of the pool. Default: 0. */
  priority?: number
  /** Time between the abort of the bodies' `currentTask().signal` and the end of the worker. */
  grace?: number
  /** The instance, for a method under legacy decorators, which `pool.map(foo.method, …)` cannot tell. */
  self?: object
}

/** All elements of a chunk are taken, and sent in one message, before any of them runs. */
const MOST_ELEMENTS = 2 ** 20

export const mapRules: rule.Rules<MapOptions> = {
  chunkSize: { ...rule.positiveInteger, inside: rule.atMost(MOST_ELEMENTS) },
  timeout: rule.positiveMs,
  signal: rule.abortSignal,
  buffer: rule.positiveInteger,
  priority: rule.matching('a number', (value) => typeof value === 'number' && !Number.isNaN(value)),
  grace: rule.nonNegativeMs,
  self: rule.matching('an instance', (value) => typeof value === 'object' && value !== null),
}

/** The instance among the options, where the last of what `map` was given is its options. */
export function selfOf(last: unknown): unknown {
  return isSource(last) ? undefined : (last as MapOptions | undefined)?.self
}
