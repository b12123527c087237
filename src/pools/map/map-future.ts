/** The future of a map, and the handle through which the map holds it weakly. */
import { CancelledError } from '../../errors'
import { Future, settledFromOutside, type FutureControl } from '../../futures/future'
import { ResultReader, type MapResults, type ResultQueue } from './results'

/** The progress of a `map`. */
export interface MapProgress {
  /** Number of elements whose outcome is known. */
  readonly done: number
  /** Number of all elements; `undefined` until it is known. */
  readonly total: number | undefined
}

/** The work behind a {@link MapFuture}. @internal */
export interface MapControl extends FutureControl {
  readonly queue: ResultQueue
  readonly progress: MapProgress
  readonly futures: readonly Future<unknown>[]
  /** Whether `cancel()`, the signal or the end of the pool has cancelled a part of the map. */
  readonly isCancelled: boolean
  cancelRest(): boolean
  /**
   * Code has asked for the future, so it settles with the first outcome.
   *
   * @param waiting the future, if it must be kept alive until it settles
   */
  observe(waiting?: MapFuture<any>): void // any: a future of any result
}

/**
 * The results of a `map`, and the handle of the work. Pebble's `MapFuture`.
 *
 * As a promise it resolves to the iterator over the results when the first outcome is there; the rest arrives as it is
 * read. Iterated itself (`for await (const value of pool.map(…))`) it gives each result when it is there.
 *
 * **Cancelling:** `cancel()` drops waiting chunks and stops running ones; results that are there can still be read. A
 * future that has resolved to its iterator stays fulfilled; the iteration then rejects for cancelled elements.
 */
export class MapFuture<T> extends Future<MapResults<T>> implements AsyncIterable<T> {
  readonly #map: MapControl | undefined
  /** The iterator. It is collected when neither the future nor the iterator itself is held any more. @internal */
  readonly reader: MapResults<T> | undefined

  /** @internal */
  constructor(executor: never, control?: MapControl) {
    super(executor, control)
    this.#map = control
    this.reader = control && (new ResultReader(control.queue) as MapResults<unknown> as MapResults<T>)
  }

  /** How many elements are done, and how many there are. */
  get progress(): MapProgress {
    return this.#map?.progress ?? { done: 0, total: undefined }
  }

  /** The futures of the chunks that were sent and are not done. Cancelling one fails only its elements. */
  get futures(): readonly Future<unknown>[] {
    return this.#map?.futures ?? []
  }

  /** Whether the first outcome, and with it the iterator, is there. */
  override done(): boolean {
    this.#map?.observe()
    return super.done()
  }

  /** Whether elements are running now, before or after the first outcome. */
  override running(): boolean {
    return this.#map?.running() ?? false
  }

  /** Whether `cancel()`, the signal or the end of the pool has cancelled a part of the map. */
  override cancelled(): boolean {
    return this.#map?.isCancelled ?? super.cancelled()
  }

  /** @returns `false` if everything is done already */
  override cancel(): boolean {
    this.markHandled()
    return this.#map?.cancelRest() ?? false
  }

  /** Every wait for the future goes through here or `then`: the map keeps the future alive until it settles. @internal */
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

  /** Reads all results: see {@link MapResults.toArray}. */
  toArray(): Promise<T[]> {
    return this[Symbol.asyncIterator]().toArray()
  }

  [Symbol.asyncIterator](): MapResults<T> {
    this.markHandled() // the iteration reports errors
    return this.reader as MapResults<T>
  }
}

/** The {@link MapFuture} of a process pool. Pebble's `ProcessMapFuture`. */
export class ProcessMapFuture<T> extends MapFuture<T> {}

/** @internal */
export function mapFuture(kind: 'thread' | 'process', control: MapControl): MapFuture<unknown> {
  const Class = kind === 'process' ? ProcessMapFuture : MapFuture
  return new Class<unknown>(settledFromOutside, control)
}

/**
 *   Unobserved ──► Observed ──► Settled      Unobserved: no code has asked for the future; a cancellation can still reject it
 *        └────────────────────────►┘         Observed: it settles with the first outcome
 */
const enum HandleState {
  Unobserved,
  Observed,
  Settled,
}

/**
 * How a map holds its future: by a weak reference, so that a future that the consumer drops is collected. The reference is
 * strong only while something waits for the future.
 */
export class MapFutureHandle {
  #state = HandleState.Unobserved
  #future: WeakRef<MapFuture<unknown>> | undefined
  #waiting: MapFuture<unknown> | undefined

  set(future: MapFuture<unknown>): void {
    this.#future = new WeakRef(future)
  }

  observe(waiting?: MapFuture<unknown>): void {
    if (this.#state === HandleState.Settled) return
    this.#state = HandleState.Observed
    this.#waiting ??= waiting
  }

  /** Fulfils the future if something has asked for it. */
  firstOutcome(): void {
    if (this.#state === HandleState.Observed) this.fulfil()
  }

  /** Fulfils the future with its iterator. */
  fulfil(): void {
    const future = this.#settle()
    if (future) Future.settle(future, 'finished', future.reader)
  }

  /** @param wasRead whether the iteration reports the error */
  fail(error: unknown, wasRead: boolean): void {
    if (this.#state === HandleState.Settled) return
    const future = this.#settle()
    const isCancelled = error instanceof CancelledError
    if (!future) {
      if (!isCancelled && !wasRead) void Promise.reject(error) // raises `unhandledRejection`, as the future would
      return
    }
    if (isCancelled) future.markHandled()
    Future.settle(future, isCancelled ? 'cancelled' : 'failed', error)
  }

  /** @returns the future, if it was neither settled nor collected */
  #settle(): MapFuture<unknown> | undefined {
    if (this.#state === HandleState.Settled) return undefined
    const future = this.#waiting ?? this.#future?.deref()
    this.#state = HandleState.Settled
    this.#waiting = this.#future = undefined
    return future
  }
}
