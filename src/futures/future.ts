/**
 * Futures: the caller's end of a call.
 *
 *   pending ──► running ──► finished
 *      └───────────┴──────► cancelled
 *
 * A future made with {@link settledFromOutside} is settled by `Future.settle` alone; its caller (the ledger, for calls)
 * sees to it that this happens once, with the true cause.
 */
import { bind } from '../utils/async-context'
import { brand } from '../utils/brand'
import { setImmediate } from '../utils/clock'
import { limitWait, type WaitOptions } from './limit-wait'
import { nextSerial, taskId } from './task-id'
import { warnOfCallback } from './warn'

/** When done-callbacks run: at once (`concurrent.futures`) or in a later turn of the event loop (asyncio). */
export type Flavour = 'concurrent' | 'asynchronous'

/** Who runs the call behind a future. */
export interface FutureControl {
  cancel(): boolean
  running(): boolean
  readonly pid: number | null
}

type State = 'pending' | 'finished' | 'failed' | 'cancelled'

/** An object of its own for each addition: the same function may be added twice, and removed once. */
interface DoneCallback {
  readonly fn: (future: never) => unknown
}

let lastResolve: unknown
let lastReject: unknown
/** The executor of futures that are settled from outside: it hands both functions over without a closure. */
const OUTSIDE = (resolve: (value: never) => void, reject: (error: unknown) => void): void => {
  lastResolve = resolve
  lastReject = reject
}
const ignore = (): void => undefined

/**
 * The outcome of a call, now or later: a `Promise` with the questions of Python's `concurrent.futures.Future`.
 *
 * `then`, `catch` and `finally` give plain promises. Pebble's `Future`.
 *
 * **Cancelling:** `cancel()` drops a call that waits and stops one that runs; the promise rejects with `CancelledError`.
 */
export class Future<T> extends Promise<T> implements PromiseLike<T> {
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  /** A future that is done: what a body returns that is declared to return `Future<T>`. */
  static override resolve(): Future<void>
  static override resolve<T>(value: T | PromiseLike<T>): Future<Awaited<T>>
  static override resolve<T>(value?: T | PromiseLike<T>): Future<Awaited<T | void>> {
    return super.resolve(value) as Future<Awaited<T | void>>
  }

  /** Counts the calls of one method, from 1; 0 where no method was called. */
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
      lastResolve = lastReject = undefined // they hold the future, and the context it was made in
    } else {
      this.#resolve = this.#reject = ignore
      super.then(
        (value) => this.#finish('finished', value),
        (error: unknown) => this.#finish('failed', error),
      )
    }
  }

  /** The task's id, a UUID: the first argument of callbacks, and `currentTask().id` in the body. */
  get id(): string {
    return taskId(this.#serial)
  }

  /** Whether the outcome is known: a result, an error, or the cancellation. */
  done(): boolean {
    return this.#state !== 'pending'
  }

  /** Whether the body is being executed now. */
  running(): boolean {
    return this.#state === 'pending' && (this.#control?.running() ?? false)
  }

  cancelled(): boolean {
    return this.#state === 'cancelled'
  }

  /**
   * Cancels the call: drops it where it waits, stops it where it runs (its worker is replaced).
   *
   * @returns `false` where the outcome is known already, or nothing can be cancelled
   */
  cancel(): boolean {
    if (this.#state !== 'pending' || !this.#control) return false
    this.markHandled() // who cancels knows: no unhandledRejection for it
    return this.#control.cancel()
  }

  /**
   * Waits for the result.
   *
   * @param timeout limit of this wait in ms; the call itself goes on. Default: none
   * @throws {TimeoutError} the limit passed; the call's own error where it failed
   */
  result(timeout?: number, options?: WaitOptions): Promise<T> {
    return limitWait(this, timeout, options?.signal, 'the result')
  }

  /** The same as {@link result}, by its oldest name. */
  get(timeout?: number, options?: WaitOptions): Promise<T> {
    return this.result(timeout, options)
  }

  /**
   * Waits for the error of the call: `null` where it succeeds.
   *
   * @param timeout limit of this wait in ms. Default: none
   * @throws {TimeoutError} the limit passed; `CancelledError` where the call was cancelled
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
   * Calls `fn` with this future when its outcome is known: at once where it is already, in a later turn of the event
   * loop for futures of `pebble-ts/asynchronous`. As with `then`, `fn` runs in the asynchronous context (that of
   * `AsyncLocalStorage`) in which it is added. What `fn` throws becomes a process warning.
   */
  addDoneCallback(fn: (future: this) => void): void {
    if (typeof fn !== 'function') throw new TypeError(`Expected a function as the done-callback, got ${typeof fn}`)
    this.whenDone(this.#state === 'pending' ? bind(fn) : fn)
  }

  /**
   * Calls `fn` with whatever the body reports by `currentTask().report(progress)`, as it comes, until the future is done.
   * `fn` runs in the asynchronous context in which it is added. What it throws becomes a process warning.
   */
  onProgress(fn: (progress: unknown) => void): void {
    if (typeof fn !== 'function') throw new TypeError(`Expected a function to hear of progress, got ${typeof fn}`)
    if (this.#state === 'pending') (this.#listeners ??= []).push(bind(fn))
  }

  /**
   * Calls `fn` as a done-callback, in no particular asynchronous context.
   *
   * @returns how to take it back
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

  /** Keeps a failure of this future from raising `unhandledRejection`: somebody else has been told. @internal */
  markHandled(): void {
    if (this.#isHandled) return
    this.#isHandled = true
    super.then(undefined, ignore)
  }

  /** What the future settled with; `undefined` before. @internal */
  peek(): { readonly state: State; readonly value: unknown } {
    return { state: this.#state, value: this.#value }
  }

  /** Hands on what a body reports, for every kind of future. @internal */
  static report(future: Future<unknown>, progress: unknown): void {
    for (const fn of future.#listeners ?? []) {
      if (future.#state !== 'pending') return // the one before has cancelled it
      try {
        fn(progress)
      } catch (error) {
        warnOfCallback(error)
      }
    }
  }

  /** The settling ends here, for every kind of future. @internal */
  static settle<T>(future: Future<T>, state: 'finished' | 'failed' | 'cancelled', value: unknown): void {
    if (future.#state !== 'pending') return
    try {
      future.#finish(state, value)
    } finally {
      // Whatever became of the callbacks: who awaits the future would wait for ever.
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

/** The executor to construct a future with that only {@link Future.settle} settles. @internal */
export const settledFromOutside = OUTSIDE as never
