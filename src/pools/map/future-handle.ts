import { CancelledError } from '../../errors'
import { Future } from '../../futures/future'
import type { MapFuture } from './map-future'

/**
 * The future of a map, as the map holds it: weakly, so that it is noticed when the consumer drops it. Only while somebody
 * waits for it, it is held.
 */
export class FutureHandle {
  #future: WeakRef<MapFuture<unknown>> | undefined
  #waiting: MapFuture<unknown> | undefined
  #isSettled = false
  /** Somebody has asked for the future. Until then a cancellation can still reject it. */
  isObserved = false

  set(future: MapFuture<unknown>): void {
    this.#future = new WeakRef(future)
  }

  observe(waiting?: MapFuture<unknown>): void {
    this.isObserved = true
    if (!this.#isSettled) this.#waiting ??= waiting
  }

  /** The iterator is there. */
  fulfil(): void {
    const future = this.#settled()
    if (future) Future.settle(future, 'finished', future.reader)
  }

  /** @param wasRead the iteration tells of the error */
  fail(error: unknown, wasRead: boolean): void {
    if (this.#isSettled) return
    const future = this.#settled()
    const isCancelled = error instanceof CancelledError
    if (!future) {
      if (!isCancelled && !wasRead) void Promise.reject(error) // as a future would that nobody handles
      return
    }
    if (isCancelled) future.markHandled()
    Future.settle(future, isCancelled ? 'cancelled' : 'failed', error)
  }

  /** The future, once. */
  #settled(): MapFuture<unknown> | undefined {
    if (this.#isSettled) return undefined
    const future = this.#waiting ?? this.#future?.deref()
    this.#isSettled = true
    this.#waiting = this.#future = undefined
    return future
  }
}
