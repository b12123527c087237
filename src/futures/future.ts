/**
 * Futures: what the caller of a call gets.
 *
 *   pending ──┬──► finished     a result
 *             ├──► failed       an error
 *             └──► cancelled
 *
 * Whether a pending call runs is not a state of the future: `running()` asks the slot of the call (`wire/slots.ts`).
 * A future created with {@link settledFromOutside} is settled by `Future.settle` only. For calls, the ledger does that.
 *
 * The other files of this folder: `process-future` adds the pid, `callbacks` attaches the callbacks of methods,
 * `limit-wait` ends a wait by a limit or a signal, `wait` waits for several futures, `task-id` makes the ids.
 */
import { bind } from '../utils/async-context'
import { brand } from '../utils/brand'
import { setImmediate } from '../utils/clock'
import { warnOfCallback } from '../utils/failures'
import { limitWait, type WaitOptions } from './limit-wait'
import { nextSerial, taskId } from './task-id'

/** When done-callbacks run: at once (`concurrent.futures`) or in a later turn of the event loop (asyncio). */
export type Flavour = 'concurrent' | 'asynchronous'

/** Controls the call of a future. */
export interface FutureControl {
  cancel(): boolean
  running(): boolean
  readonly pid: number | null
}

type State = 'pending' | 'finished' | 'failed' | 'cancelled'

/** A new object for each addition: the same function may be added twice and removed once. */
interface DoneCallback {
  readonly fn: (future: never) => unknown
}

let lastResolve: unknown
let lastReject: unknown
/**
 * The executor of futures that are settled from outside. It passes both functions to the constructor without a closure.
 */
const OUTSIDE = (resolve: (value: never) => void, reject: (error: unknown) => void): void => {
  lastResolve = resolve
  lastReject = reject
}
const ignore = (): void => undefined

/**
 * The outcome of a call: a `Promise` that also has the methods of Python's `concurrent.futures.Future`.
 *
 * `then`, `catch` and `finally` return plain promises. Pebble's `Future`.
 *
 * **Cancelling:** `cancel()` drops a waiting call and stops a running one. The promise rejects with `CancelledError`.
 */
export class Future<T> extends Promise<T> implements PromiseLike<T> {
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  /** A future that is done. A body that is declared to return `Future<T>` returns its result this way. */
  static override resolve(): Future<void>
  static override resolve<T>(value: T | PromiseLike<T>): Future<Awaited<T>>
  static override resolve<T>(value?: T | PromiseLike<T>): Future<Awaited<T | void>> {
    return super.resolve(value) as Future<Awaited<T | void>>
  }

  /**
   * The number of the call, from 1: among the calls of its method, or among those that the pool got by `schedule()`. 0 for
   * a future that is not of a call.
   */
  readonly number: number
  readonly #serial: number
  readonly #flavour: Flavour
  readonly #control: FutureControl | undefined
  readonly #resolve: (value: T) => void
  readonly #reject: (error: unknown) => void
  #state: State = 'pending'
  #value: unknown
  #isHandled = false
  #listeners: Array<(progress: unknown) => void> | undefined
  #callbacks: Set<DoneCallback> | undefined

  // eslint-disable-next-line @typescript-eslint/max-params -- an object per call would cost time on the hot path
  constructor(
    executor: (resolve: (value: T | PromiseLike<T>) => void, reject: (reason?: unknown) => void) => void,
    control?: FutureControl,
    number = 0,
    serial = nextSerial(),
    flavour: Flavour = 'concurrent',
  ) {
    super(executor)
    this.number = number
    this.#serial = serial
    this.#flavour = flavour
    this.#control = control
    if ((executor as unknown) === OUTSIDE) {
      this.#resolve = lastResolve as (value: T) => void
      this.#reject = lastReject as (error: unknown) => void
      lastResolve = lastReject = undefined // they would keep the future and its async context alive
    } else {
      this.#resolve = this.#reject = ignore
      super.then(
        (value) => this.#finish('finished', value),
        (error: unknown) => this.#finish('failed', error),
      )
    }
  }

  /** The id of the call, a UUID. Callbacks get it as their first argument; in the body it is `currentTask().id`. */
  get id(): string {
    return taskId(this.#serial)
  }

  /** Whether there is an outcome: a result, an error or a cancellation. */
  done(): boolean {
    return this.#state !== 'pending'
  }

  /** Whether the body is running now. */
  running(): boolean {
    return this.#state === 'pending' && (this.#control?.running() ?? false)
  }

  /** Whether the call was cancelled. */
  cancelled(): boolean {
    return this.#state === 'cancelled'
  }

  /**
   * Cancels the call: drops it if it is waiting, stops it if it is running. Stopping replaces the worker.
   *
   * @returns `false` if there is an outcome already, or if there is nothing to cancel
   */
  cancel(): boolean {
    if (this.#state !== 'pending' || !this.#control) return false
    this.markHandled() // the caller of cancel() knows, so there is no unhandledRejection
    return this.#control.cancel()
  }

  /**
   * Waits for the result. A limit or signal ends only this wait; the call goes on.
   *
   * **Cancelling:** the wait rejects with `CancelledError` when `options.signal` aborts, or when the call is cancelled.
   *
   * @param timeout limit of this wait, in ms. Default: none
   * @throws {TimeoutError} the limit passed; or the error of the call
   */
  result(timeout?: number, options?: WaitOptions): Promise<T> {
    return limitWait(this, timeout, options?.signal, 'the result')
  }

  /** The same as {@link result}, under its oldest name. */
  get(timeout?: number, options?: WaitOptions): Promise<T> {
    return this.result(timeout, options)
  }

  /**
   * Waits for the error of the call; resolves to `null` if the call succeeds.
   *
   * **Cancelling:** as for {@link result}.
   *
   * @param timeout limit of this wait, in ms. Default: none
   * @throws {TimeoutError} the limit passed; `CancelledError` if the call was cancelled
   */
  exception(timeout?: number, options?: WaitOptions): Promise<Error | null> {
    return limitWait(this, timeout, options?.signal, 'the outcome').then(
      () => null,
      (error: unknown) => {
        if (this.#state === 'failed' && error === this.#value) return error as Error
        throw error
      },
    )
  }

  /**
   * Calls `fn` with this future when it is done; at once, if it is done already. For futures of
   * `pebble-ts/asynchronous`, `fn` runs in a later turn of the event loop. As with `then`, it runs in the async context
   * (`AsyncLocalStorage`) in which it was added. If `fn` throws, the error becomes a process warning.
   */
  addDoneCallback(fn: (future: this) => void): void {
    if (typeof fn !== 'function') throw new TypeError(`Expected a function as the done-callback, got ${typeof fn}`)
    this.whenDone(this.#state === 'pending' ? bind(fn) : fn)
  }

  /**
   * Calls `fn` with each value that the body passes to `currentTask().report()`, until the future is done. `fn` runs in
   * the async context in which it was added. If it throws, the error becomes a process warning.
   */
  onProgress(fn: (progress: unknown) => void): void {
    if (typeof fn !== 'function') throw new TypeError(`Expected a function as the progress listener, got ${typeof fn}`)
    if (this.#state === 'pending') (this.#listeners ??= []).push(bind(fn))
  }

  /**
   * Calls `fn` like a done-callback, but in no particular async context.
   *
   * @returns a function that unsubscribes it
   * @internal
   */
  whenDone(fn: (future: this) => unknown): () => void {
    if (this.#state !== 'pending') {
      this.#run(fn)
      return ignore
    }
    const callback = { fn }
    const callbacks = (this.#callbacks ??= new Set())
    callbacks.add(callback)
    return () => void callbacks.delete(callback)
  }

  /** Keeps this future from raising `unhandledRejection`, because its error is reported in another way. @internal */
  markHandled(): void {
    if (this.#isHandled) return
    this.#isHandled = true
    super.then(undefined, ignore)
  }

  /** The state, and the result or error; `undefined` while it is pending. @internal */
  peek(): { readonly state: State; readonly value: unknown } {
    return { state: this.#state, value: this.#value }
  }

  /** Passes progress to the listeners. @internal */
  static report(future: Future<unknown>, progress: unknown): void {
    for (const fn of future.#listeners ?? []) {
      if (future.#state !== 'pending') return // the previous listener has cancelled the call
      try {
        fn(progress)
      } catch (error) {
        warnOfCallback(error)
      }
    }
  }

  /** Settles the future, once. @internal */
  static settle<T>(future: Future<T>, state: 'finished' | 'failed' | 'cancelled', value: unknown): void {
    if (future.#state !== 'pending') return
    try {
      future.#finish(state, value)
    } finally {
      // Even if a callback has failed: the promise must settle.
      if (state === 'finished') future.#resolve(value as T)
      else future.#reject(value)
    }
  }

  #finish(state: State, value: unknown): void {
    if (this.#state !== 'pending') return
    this.#state = state
    this.#value = value
    this.#listeners = undefined
    const callbacks = this.#callbacks
    if (callbacks) {
      this.#callbacks = undefined
      for (const { fn } of callbacks) this.#run(fn as (future: this) => unknown)
    }
  }

  #run(fn: (future: this) => unknown): void {
    if (this.#flavour === 'asynchronous') setImmediate(() => this.#runNow(fn))
    else this.#runNow(fn)
  }

  #runNow(fn: (future: this) => unknown): void {
    try {
      const returned: unknown = fn(this)
      if (returned instanceof Promise) returned.catch((error: unknown) => warnOfCallback(error))
    } catch (error) {
      warnOfCallback(error)
    }
  }
}

brand(Future, 'Future')

/** The executor for a future that only {@link Future.settle} settles. @internal */
export const settledFromOutside = OUTSIDE as never
