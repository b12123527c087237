/**
 * A wait that a limit may end: a lock, an item of a queue, the exit of a thread. It leaves no timer and no listener
 * behind.
 *
 *   waiting ── done, unavailable, failed ────────────► settled
 *      └─ timeout, signal ─► cancelling ── refused ──► settled with the error of the limit
 *                                 └─ done, failed ───► settled as if the limit had not passed
 *
 * `cancelling` lasts if another thread decides how the wait ends: a worker that gives up `put` must know whether the
 * item entered the queue in the meantime.
 *
 * `futures/limit-wait.ts` is deliberately separate: a wait for a promise cannot be refused or left, `timeout: 0` accepts a
 * promise that has settled, and `execute` of abort-controller-x does the rest.
 */
import { after, clearAfter, type Timer } from './after'
import { onAbort } from './on-abort'
import { abortSignal, nonNegativeMs, type Rules } from './options'

/** Limits of a wait. */
export interface WaitLimits {
  /** How long to wait, in ms; 0: do not wait. Default: no limit. */
  timeout?: number
  /** Ends the wait when it aborts. */
  signal?: AbortSignal
}

export const limitRules: Rules<WaitLimits> = {
  timeout: nonNegativeMs,
  signal: abortSignal,
}

/**
 * Gets the end of a wait: one of its methods is called, once. None is called after a cancellation that came in time.
 */
export interface WaitHandler<T> {
  done(value: T): void
  /** What was asked for is not available now, and the caller does not want to wait. */
  unavailable(): void
  failed(error: unknown): void
}

/**
 * Cancels a wait. Calls `refused` once it is certain that the waiter gets nothing. If the wait has ended in the meantime,
 * the handler is called instead.
 */
export type CancelWait = (refused: () => void) => void

/** What can be waited for. */
export interface Waitable<T> {
  /**
   * Begins the wait.
   *
   * @param mayWait `false` with `timeout: 0`: `unavailable` is called instead of waiting
   * @returns the function that cancels the wait; undefined if the wait has ended already
   */
  begin(handler: WaitHandler<T>, mayWait: boolean): CancelWait | undefined
  /** The error of a wait that ends by `timeout`. */
  timedOut(timeout: number): Error
  /** The error of a wait that ends by `signal`. */
  cancelled(signal: AbortSignal): Error
}

/**
 * Waits within checked limits. If `limits.signal` has aborted already, the wait does not begin.
 *
 * @param taskSignal the signal of the task that waits. If it has aborted already, it is ignored: a task that was told
 * to stop may still wait in order to clean up
 */
export function waitWithin<T>(
  subject: Waitable<T>,
  limits: WaitLimits,
  taskSignal: AbortSignal | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (limits.signal?.aborted) reject(subject.cancelled(limits.signal))
    else new LimitedWait(subject, resolve, reject).begin(limits, taskSignal)
  })
}

class LimitedWait<T> implements WaitHandler<T> {
  readonly #subject: Waitable<T>
  readonly #resolve: (value: T) => void
  readonly #reject: (error: unknown) => void
  #state: 'waiting' | 'cancelling' | 'settled' = 'waiting'
  #cancel: CancelWait | undefined
  #timer: Timer | undefined
  #unsubscribes: Array<() => void> | undefined

  constructor(subject: Waitable<T>, resolve: (value: T) => void, reject: (error: unknown) => void) {
    this.#subject = subject
    this.#resolve = resolve
    this.#reject = reject
  }

  begin({ timeout, signal }: WaitLimits, taskSignal: AbortSignal | undefined): void {
    this.#cancel = this.#subject.begin(this, timeout !== 0)
    if (this.#cancel === undefined || this.#state !== 'waiting') return
    if (timeout) this.#timer = after(timeout, () => this.#giveUp(this.#subject.timedOut(timeout)))
    this.#subscribe(signal)
    this.#subscribe(taskSignal)
  }

  done(value: T): void {
    this.#end('settled')
    this.#resolve(value)
  }

  unavailable(): void {
    this.failed(this.#subject.timedOut(0))
  }

  failed(error: unknown): void {
    this.#end('settled')
    this.#reject(error)
  }

  #giveUp(error: Error): void {
    this.#end('cancelling')
    this.#cancel?.(() => this.failed(error))
  }

  #subscribe(signal: AbortSignal | undefined): void {
    if (!signal || signal.aborted) return
    this.#unsubscribes ??= []
    this.#unsubscribes.push(onAbort(signal, () => this.#giveUp(this.#subject.cancelled(signal))))
  }

  #end(state: 'cancelling' | 'settled'): void {
    this.#state = state
    clearAfter(this.#timer)
    if (this.#unsubscribes === undefined) return
    for (const unsubscribe of this.#unsubscribes) unsubscribe()
    this.#unsubscribes = undefined
  }
}
