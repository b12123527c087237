/** Options of `map`, and how its arguments are read. */
import * as rule from '../../utils/options'
import { callRules } from '../schedule-options'
import { checkSources, isSource, Sources } from './sources'

/** Options of `map`. Durations are in ms. */
export interface MapOptions {
  /** Number of elements that are sent and run together, at most 1,048,576. Default: 1. Pebble's `chunksize`. */
  chunkSize?: number
  /** Limit of running for each chunk in ms. Default: no limit. */
  timeout?: number
  /** Cancels the rest of the map when it aborts. */
  signal?: AbortSignal
  /** The most elements taken from the iterables ahead of the reader. Default: 1,024, or four chunks per worker if that is more. */
  buffer?: number
  /** Chunks with a higher priority go before other calls of the pool. Default: 0. */
  priority?: number
  /** Time in ms between the abort of the bodies' `currentTask().signal` and the end of the worker. Default: 0. */
  grace?: number
  /** The instance of a method under legacy decorators, where `pool.map(foo.method, …)` alone cannot tell it. */
  self?: object
}

/** All elements of a chunk are taken, and sent in one message, before the first of them runs. */
const MOST_ELEMENTS = 2 ** 20

export const mapRules: rule.Rules<MapOptions> = {
  chunkSize: { ...rule.positiveInteger, inside: rule.atMost(MOST_ELEMENTS) },
  buffer: rule.positiveInteger,
  ...callRules,
}

/** The arguments of `map` after the function. */
export interface MapArguments {
  readonly sources: Sources
  readonly options: MapOptions
}

/**
 * Reads the arguments of `map` after the function: its iterables and, last, its options.
 *
 * @throws {TypeError} an iterable is missing or is not one, or an option is unknown or of the wrong type;
 * {@link RangeError} an option is out of range
 */
export function readMapArguments(rest: unknown[]): MapArguments {
  const last = rest.at(-1)
  const iterables = isOptions(last) ? rest.slice(0, -1) : rest
  const options = rule.checkOptions('map()', isOptions(last) ? last : undefined, mapRules)
  return { sources: new Sources(checkSources(iterables)), options }
}

/** The option `self`, if the last argument of `map` is its options. */
export function selfOf(last: unknown): unknown {
  return isSource(last) ? undefined : (last as MapOptions | undefined)?.self
}

function isOptions(value: unknown): value is MapOptions | undefined {
  return value === undefined || (typeof value === 'object' && !isSource(value))
}
