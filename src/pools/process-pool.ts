/** The public pool of worker processes. What both kinds do is in `pool.ts`. */
import type { ProcessFuture } from '../futures/process-future'
import type { AnyIterable, MapOptions } from './map/map-arguments'
import type { ProcessMapFuture } from './map/map-future'
import { Pool } from './pool'
import { processPoolRules, type AnyFunction, type ProcessPoolOptions } from './pool-options'
import { localParts } from './pool-parts'
import type { OptionsOf } from './schedule-options'

/**
 * A pool of worker processes. Pebble's `ProcessPool`.
 *
 * Unlike threads, processes have memory of their own: a body that leaks, hangs or crashes costs one worker and the calls
 * that run in it. The constructor starts no worker: the first call does.
 *
 * @throws {TypeError} an option is unknown or of the wrong type, or a worker could not find `initializer`;
 * {@link RangeError} an option is out of range; {@link SerializationError} one of `initArgs` cannot be sent to a worker;
 * {@link PoolError} pools are nested more than 5 levels deep inside workers
 * @example
 * await using pool = new ProcessPool({ maxTasks: 100, context: { env: { LANG: 'C' } } })
 * const future = pool.schedule(convert, { args: [file], timeout: 30_000 })
 */
export class ProcessPool extends Pool {
  constructor(options?: ProcessPoolOptions) {
    super(localParts('process', options, processPoolRules))
  }

  override schedule<F extends AnyFunction>(fn: F, ...options: OptionsOf<F>): ProcessFuture<Awaited<ReturnType<F>>> {
    return super.schedule(fn, ...options) as ProcessFuture<Awaited<ReturnType<F>>>
  }

  /**
   * Runs a function with a limit and these arguments in a worker. Unlike {@link Pool.schedule}, it has no signal and no
   * priority. Pebble's `submit`.
   *
   * **Cancelling:** `future.cancel()` drops a waiting call, and stops a running one together with its worker.
   *
   * @param timeout limit of running in ms; `null`: no limit
   * @returns a future that rejects with `PoolError` if the pool does not accept the call
   * @throws {TypeError} a worker could not find `fn`, or `timeout` is not a number; {@link RangeError} it is not positive
   */
  submit<F extends AnyFunction>(
    fn: F,
    timeout: number | null,
    ...args: Parameters<F>
  ): ProcessFuture<Awaited<ReturnType<F>>> {
    const options = timeout === null ? { args } : { args, timeout }
    return this.schedule(fn, ...([options] as OptionsOf<F>))
  }

  /**
   * Runs a function for each element, in chunks, and gives the results in order. Pebble's `map`.
   *
   * Elements are taken as they are needed, at most `buffer` (default: 1,024) ahead of the reader, so an endless iterable
   * works. With several iterables, `fn` gets one element of each, and the shortest one ends the map. A failed element
   * does not end the map. If a process dies, the element that it ran fails, and the rest of its chunk runs in another
   * worker.
   *
   * **Cancelling:** `map.cancel()`, or `signal`: waiting chunks are dropped and running ones are stopped; results that
   * are there can still be read.
   *
   * @returns a future of the results, which can also be iterated itself; it rejects with `PoolError` if the pool does not
   * accept the map
   * @throws {TypeError} a worker could not find `fn`, an iterable is missing or is not one, or an option is unknown or of
   * the wrong type; {@link RangeError} an option is out of range
   * @example
   * for await (const page of pool.map(render, documents, { chunkSize: 10, timeout: 60_000 })) await save(page)
   */
  map<A, R>(fn: (a: A) => R | PromiseLike<R>, items: AnyIterable<A>, options?: MapOptions): ProcessMapFuture<Awaited<R>>
  /** The same for two iterables: `fn` gets one element of each. */
  map<A, B, R>(
    fn: (a: A, b: B) => R | PromiseLike<R>,
    as: AnyIterable<A>,
    bs: AnyIterable<B>,
    options?: MapOptions,
  ): ProcessMapFuture<Awaited<R>>
  /** The same for three iterables: `fn` gets one element of each. */
  map<A, B, C, R>(
    fn: (a: A, b: B, c: C) => R | PromiseLike<R>,
    as: AnyIterable<A>,
    bs: AnyIterable<B>,
    cs: AnyIterable<C>,
    options?: MapOptions,
  ): ProcessMapFuture<Awaited<R>>
  map(fn: unknown, ...rest: unknown[]): ProcessMapFuture<unknown> {
    return this.mapAll(fn, rest)
  }
}
