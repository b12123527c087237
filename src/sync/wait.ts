/** One wait for a lock, and what may end it: its turn, `timeout`, `signal`, the end of the task that waits. */
import { CancelledError, TimeoutError } from '../errors'
import { taskHere } from '../registry/current-task'
import { after, clearAfter, type Timer } from '../utils/after'
import { onAbort } from '../utils/on-abort'
import { abortSignal, checkOptions, nonNegativeMs, type Rules } from '../utils/options'
import { watchForDeadlock, type DeadlockWatch } from './deadlock'
import { requestLock } from './lock-client'
import type { LockGrant } from './lock-grant'

/** Limits of a wait for a lock. */
export interface AcquireOptions {
  /** How long to wait, in ms; 0: take the lock if it is free, and do not wait. Default: for ever. */
  timeout?: number
  /** Ends the wait when it aborts. */
  signal?: AbortSignal
}

const rules: Rules<AcquireOptions> = {
  timeout: nonNegativeMs,
  signal: abortSignal,
}

/**
 * Resolves once `hold` may be taken.
 *
 * @throws {TypeError} for options that are none
 */
export function waitForLock(grant: LockGrant, where: string, given: AcquireOptions | undefined): Promise<void> {
  const { timeout, signal } = checkOptions(where, given, rules)
  return new Promise((resolve, reject) => {
    if (signal?.aborted) reject(cancelled(grant, signal.reason))
    else new Wait(grant, { timeout, signal }, resolve, reject).begin()
  })
}

class Wait {
  readonly #hold: LockGrant
  readonly #options: AcquireOptions
  readonly #resolve: () => void
  readonly #reject: (error: unknown) => void
  #isOver = false
  #timer: Timer | undefined
  #watch: DeadlockWatch | undefined
  #unsubscribe: Array<() => void> | undefined

  constructor(grant: LockGrant, options: AcquireOptions, resolve: () => void, reject: (error: unknown) => void) {
    this.#hold = grant
    this.#options = options
    this.#resolve = resolve
    this.#reject = reject
  }

  begin(): void {
    const { lock, place: location } = this.#hold
    const { timeout } = this.#options
    this.#watch = watchForDeadlock(lock, location)
    const leave = requestLock(lock, this, timeout === 0)
    if (this.#isOver) return
    this.#hold.begin(leave)
    if (timeout) this.#timer = after(timeout, () => this.#giveUp(timedOut(this.#hold, timeout)))
    this.#subscribe(this.#options.signal)
    this.#subscribe(taskHere()?.signal)
  }

  entered(): void {
    if (this.#isOver) return // it gave up, and the lock knows
    this.#end(false)
    this.#resolve()
  }

  refused(error?: unknown): void {
    if (this.#isOver) return
    this.#end(true)
    this.#hold.refuse()
    this.#reject(error ?? timedOut(this.#hold, 0))
  }

  #giveUp(error: Error): void {
    this.#end(true)
    this.#hold.giveUp()
    this.#reject(error)
  }

  /** A task that was told to end may still take locks, to clean up: only the wait at hand ends. */
  #subscribe(signal: AbortSignal | undefined): void {
    if (!signal || signal.aborted) return
    this.#unsubscribe ??= []
    this.#unsubscribe.push(onAbort(signal, () => this.#giveUp(cancelled(this.#hold, signal.reason))))
  }

  #end(inVain: boolean): void {
    this.#isOver = true
    clearAfter(this.#timer)
    this.#watch?.end(inVain)
    for (const deafen of this.#unsubscribe ?? []) deafen()
  }
}

function timedOut({ lock: { label } }: LockGrant, timeout: number): TimeoutError {
  const message =
    timeout === 0
      ? `${capital(label)} was not free (limit \`timeout: 0\`).`
      : `Waited ${timeout} ms for ${label}, and it was not free (limit \`timeout: ${timeout}\`).`
  return new TimeoutError(message, timeout)
}

function cancelled({ lock: { label } }: LockGrant, reason: unknown): CancelledError {
  return new CancelledError(`The wait for ${label} was cancelled.`, { cause: reason })
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
