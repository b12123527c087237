import { type ProcessFuture } from '../futures/process-future'
import type { ProcessMapFuture } from './map/map-future'
import type { MapOptions } from './map/map-options'
import { Pool } from './pool'
import { processPoolRules, type AnyFunction, type ProcessPoolOptions } from './pool-options'
import type { OptionsOf } from './schedule-options'

/**
 * A pool of worker processes. Pebble's `ProcessPool`.
 *
 * A process has its own memory and its own end: a body that leaks, hangs or crashes costs one worker and one call.
 *
 * @throws {TypeError} an unknown option or one of the wrong type, {@link RangeError} one out of range
 * @example
 * await using pool = new ProcessPool({ maxTasks: 100, context: { env: { LANG: 'C' } } })
 * const future = pool.schedule(convert, { args: [file], timeout: 30_000 })
 */
export class ProcessPool extends Pool {
  constructor(options?: ProcessPoolOptions) {
    super('process', options, processPoolRules)
  }

  override schedule<F extends AnyFunction>(fn: F, ...options: OptionsOf<F>): ProcessFuture<Awaited<ReturnType<F>>> {
    return super.schedule(fn, ...options) as ProcessFuture<Awaited<ReturnType<F>>>
  }

  /**
   * `schedule` with a limit and the arguments alone. Pebble's `submit`.
   *
   * @param timeout limit of running in ms; `null`: none
   */
  submit<F extends AnyFunction>(
    fn: F,
    timeout: number | null,
    ...args: Parameters<F>
  ): ProcessFuture<Awaited<ReturnType<F>>> {
    const options = timeout === null ? { args } : { args, timeout }
    return this.schedule(fn, ...([options] as OptionsOf<F>))
  }

  /** Runs `fn` for each element: see {@link Pool.mapAll}. */
  map<A, R>(fn: (a: A) => R | PromiseLike<R>, items: AnyIterable<A>, options?: MapOptions): ProcessMapFuture<Awaited<R>>
  map<A, B, R>(
    fn: (a: A, b: B) => R | PromiseLike<R>,
    as: AnyIterable<A>,
    bs: AnyIterable<B>,
    options?: MapOptions,
  ): ProcessMapFuture<Awaited<R>>
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

type AnyIterable<T> = Iterable<T> | AsyncIterable<T>
