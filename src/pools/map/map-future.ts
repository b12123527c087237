import { Future, settledFromOutside, type FutureControl } from '../../futures/future'
import { ResultReader, type MapResults, type ResultQueue } from './results'

/** How far a `map` is. */
export interface MapProgress {
  /** Elements whose outcome is known. */
  readonly done: number
  /** Elements there are; `undefined` while that is not known. */
  readonly total: number | undefined
}

/** What runs behind a {@link MapFuture}. @internal */
export interface MapControl extends FutureControl {
  readonly queue: ResultQueue
  readonly progress: MapProgress
  readonly futures: readonly Future<unknown>[]
  /** `cancel()`, or its signal, has ended it. */
  readonly isCancelled: boolean
  cancelRest(): boolean
  /** Somebody asks for the future: it settles with the first outcome. `waiting`: it is to be held until then. */
  observe(waiting?: MapFuture<any>): void // any: futures of every result are held alike
}

/**
 * The results of a `map`, and the handle of the work. Pebble's `MapFuture`.
 *
 * As a promise it gives the iterator over the results when the first outcome is there; the rest arrives as it is read.
 * Iterated itself (`for await (const value of pool.map(…))`) it gives each result when it is there.
 *
 * **Cancelling:** `cancel()` drops what waits and stops what runs; results that are there stay. A future that has given
 * its iterator stays fulfilled: the iteration rejects for what was cancelled.
 */
export class MapFuture<T> extends Future<MapResults<T>> implements AsyncIterable<T> {
  readonly #map: MapControl | undefined
  /** The iterator that it gives; it is collected with the last of the two. @internal */
  readonly reader: MapResults<T> | undefined

  /** @internal */
  constructor(executor: never, control?: MapControl) {
    super(executor, control)
    this.#map = control
    this.reader = control && (new ResultReader(control.queue) as MapResults<unknown> as MapResults<T>)
  }

  /** How far the work is. */
  get progress(): MapProgress {
    return this.#map?.progress ?? { done: 0, total: undefined }
  }

  /** The futures of the chunks that are with the pool. Cancelling one fails its elements alone. */
  get futures(): readonly Future<unknown>[] {
    return this.#map?.futures ?? []
  }

  /** Whether the first outcome, and so the iterator, is there. */
  override done(): boolean {
    this.#map?.observe()
    return super.done()
  }

  /** Whether elements are being executed now, before and after the first outcome. */
  override running(): boolean {
    return this.#map?.running() ?? false
  }

  /** Whether `cancel()`, the signal or the end of the pool has cancelled anything of the map. */
  override cancelled(): boolean {
    return this.#map?.isCancelled ?? super.cancelled()
  }

  /** @returns `false` where everything is done already */
  override cancel(): boolean {
    this.markHandled()
    return this.#map?.cancelRest() ?? false
  }

  /** All that waits for the future comes here or to `then`: until it settles, the map holds the future. @internal */
  override whenDone(fn: (future: this) => unknown): () => void {
    const remove = super.whenDone(fn)
    this.#map?.observe(this)
    return remove
  }

  override then<A = MapResults<T>, B = never>(
    onFulfilled?: ((results: MapResults<T>) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: any) => B | PromiseLike<B>) | null, // any: as in the types of Promise
  ): Promise<A | B> {
    this.#map?.observe(this)
    return super.then(onFulfilled, onRejected)
  }

  /** All results: see {@link MapResults.toArray}. */
  toArray(): Promise<T[]> {
    return this[Symbol.asyncIterator]().toArray()
  }

  [Symbol.asyncIterator](): MapResults<T> {
    this.markHandled() // the iteration tells
    return this.reader as MapResults<T>
  }
}

/** {@link MapFuture} of a process pool. Pebble's `ProcessMapFuture`. */
export class ProcessMapFuture<T> extends MapFuture<T> {}

/** @internal */
export function mapFuture(kind: 'thread' | 'process', control: MapControl): MapFuture<unknown> {
  const Kind = kind === 'process' ? ProcessMapFuture : MapFuture
  return new Kind<unknown>(settledFromOutside, control)
}
