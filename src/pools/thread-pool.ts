import type { Future } from '../futures/future'
import type { MapFuture } from './map/map-future'
import type { MapOptions } from './map/map-options'
import { Pool } from './pool'
import { threadPoolRules, type AnyFunction, type PoolOptions } from './pool-options'

/**
 * A pool of worker threads. Pebble's `ThreadPool`.
 *
 * Threads start faster than processes and move data faster; a body that crashes natively takes the program with it.
 *
 * @throws {TypeError} an unknown option or one of the wrong type, {@link RangeError} one out of range
 * @example
 * await using pool = new ThreadPool({ maxWorkers: 4 })
 * const sum = await pool.schedule(add, { args: [1, 2] })
 */
export class ThreadPool extends Pool {
  constructor(options?: PoolOptions) {
    super('thread', options, threadPoolRules as never)
  }

  /** `schedule` with the arguments alone. `concurrent.futures`' and Pebble's `submit`. */
  submit<F extends AnyFunction>(fn: F, ...args: Parameters<F>): Future<Awaited<ReturnType<F>>> {
    return this.run(fn, args, {}) as Future<Awaited<ReturnType<F>>>
  }

  /** Runs `fn` for each element: see {@link Pool.mapAll}. */
  map<A, R>(fn: (a: A) => R | PromiseLike<R>, items: AnyIterable<A>, options?: MapOptions): MapFuture<Awaited<R>>
  map<A, B, R>(
    fn: (a: A, b: B) => R | PromiseLike<R>,
    as: AnyIterable<A>,
    bs: AnyIterable<B>,
    options?: MapOptions,
  ): MapFuture<Awaited<R>>
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

type AnyIterable<T> = Iterable<T> | AsyncIterable<T>
