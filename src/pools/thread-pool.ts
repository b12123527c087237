/** The public pool of worker threads. What both kinds do is in `pool.ts`. */
import type { Future } from '../futures/future'
import type { AnyIterable, MapOptions } from './map/map-arguments'
import type { MapFuture } from './map/map-future'
import { Pool } from './pool'
import { threadPoolRules, type AnyFunction, type PoolOptions } from './pool-options'
import { localParts } from './pool-parts'

/**
 * A pool of worker threads. Pebble's `ThreadPool`.
 *
 * Unlike processes, threads start fast and move data without copying it; but a body that crashes natively ends the whole
 * program. The constructor starts no worker: the first call does.
 *
 * @throws {TypeError} an option is unknown or of the wrong type, or a worker could not find `initializer`;
 * {@link RangeError} an option is out of range; {@link SerializationError} one of `initArgs` cannot be sent to a worker;
 * {@link PoolError} pools are nested more than 5 levels deep inside workers
 * @example
 * await using pool = new ThreadPool({ maxWorkers: 4 })
 * const sum = await pool.schedule(add, { args: [1, 2] })
 */
export class ThreadPool extends Pool {
  constructor(options?: PoolOptions) {
    super(localParts('thread', options, threadPoolRules as never))
  }

  /**
   * Runs a function with these arguments in a worker, without options. Unlike {@link Pool.schedule}, it has no limit, no
   * signal and no priority. `submit` of Pebble and of `concurrent.futures`.
   *
   * **Cancelling:** `future.cancel()` drops a waiting call, and stops a running one together with its worker.
   *
   * @returns a future that rejects with `PoolError` if the pool does not accept the call
   * @throws {TypeError} a worker could not find `fn`
   */
  submit<F extends AnyFunction>(fn: F, ...args: Parameters<F>): Future<Awaited<ReturnType<F>>> {
    return this.run(fn, args, {}) as Future<Awaited<ReturnType<F>>>
  }

  /**
   * Runs a function for each element, in chunks, and gives the results in order. Pebble's `map`.
   *
   * Elements are taken as they are needed, at most `buffer` (default: 1,024) ahead of the reader, so an endless iterable
   * works. With several iterables, `fn` gets one element of each, and the shortest one ends the map. A failed element
   * does not end the map.
   *
   * **Cancelling:** `map.cancel()`, or `signal`: waiting chunks are dropped and running ones are stopped; results that
   * are there can still be read.
   *
   * @returns a future of the results, which can also be iterated itself; it rejects with `PoolError` if the pool does not
   * accept the map
   * @throws {TypeError} a worker could not find `fn`, an iterable is missing or is not one, or an option is unknown or of
   * the wrong type; {@link RangeError} an option is out of range
   * @example
   * for await (const price of pool.map(priceOf, orders, { chunkSize: 100, timeout: 5_000 })) total += price
   */
  map<A, R>(fn: (a: A) => R | PromiseLike<R>, items: AnyIterable<A>, options?: MapOptions): MapFuture<Awaited<R>>
  /** The same for two iterables: `fn` gets one element of each. */
  map<A, B, R>(
    fn: (a: A, b: B) => R | PromiseLike<R>,
    as: AnyIterable<A>,
    bs: AnyIterable<B>,
    options?: MapOptions,
  ): MapFuture<Awaited<R>>
  /** The same for three iterables: `fn` gets one element of each. */
  map<A, B, C, R>(
    fn: (a: A, b: B, c: C) => R | PromiseLike<R>,
    as: AnyIterable<A>,
    bs: AnyIterable<B>,
    cs: AnyIterable<C>,
    options?: MapOptions,
  ): MapFuture<Awaited<R>>
  map(fn: unknown, ...rest: unknown[]): MapFuture<unknown> {
    return this.mapAll(fn, rest)
  }
}
