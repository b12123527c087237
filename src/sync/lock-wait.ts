/** One wait for a lock, and what may end it: the caller's turn, `timeout`, `signal`, the end of the task that waits. */
import { CancelledError, TimeoutError } from '../errors'
import { taskHere } from '../registry/current-task'
import {
  limitRules,
  waitWithin,
  type CancelWait,
  type WaitHandler,
  type WaitLimits,
  type Waitable,
} from '../utils/limited-wait'
import { checkOptions } from '../utils/options'
import { watchForDeadlock, type DeadlockWatch } from './deadlock'
import { requestLock } from './lock-client'
import type { LockGrant } from './lock-grant'

/** Limits of a wait for a lock. With `timeout: 0`, the lock is taken if it is free. */
export type AcquireOptions = WaitLimits

/**
 * Resolves when `grant` may be taken.
 *
 * @throws {TypeError} for invalid options, at once
 */
export function waitForLock(grant: LockGrant, where: string, given: AcquireOptions | undefined): Promise<void> {
  const limits = checkOptions<WaitLimits>(where, given, limitRules)
  return waitWithin(new LockWait(grant), limits, taskHere()?.signal)
}

class LockWait implements Waitable<void>, WaitHandler<void> {
  readonly #grant: LockGrant
  #handler: WaitHandler<void> | undefined
  #watch: DeadlockWatch | undefined

  constructor(grant: LockGrant) {
    this.#grant = grant
  }

  begin(handler: WaitHandler<void>, patient: boolean): CancelWait | undefined {
    const { lock, location } = this.#grant
    this.#handler = handler
    this.#watch = watchForDeadlock(lock, location)
    const leave = requestLock(lock, this, patient)
    if (leave === undefined) return undefined
    this.#grant.begin(leave)
    return (refused) => {
      this.#watch?.end(true)
      this.#grant.giveUp()
      refused()
    }
  }

  done(): void {
    this.#watch?.end(false)
    this.#handler?.done()
  }

  unavailable(): void {
    this.#refuse()
    this.#handler?.unavailable()
  }

  failed(error: unknown): void {
    this.#refuse()
    this.#handler?.failed(error)
  }

  timedOut(timeout: number): TimeoutError {
    const { label } = this.#grant.lock
    const message =
      timeout === 0
        ? `${capital(label)} was not free (limit \`timeout: 0\`).`
        : `Waited ${timeout} ms for ${label}, and it was not free (limit \`timeout: ${timeout}\`).`
    return new TimeoutError(message, timeout)
  }

  cancelled(signal: AbortSignal): CancelledError {
    return new CancelledError(`The wait for ${this.#grant.lock.label} was cancelled.`, { cause: signal.reason })
  }

  #refuse(): void {
    this.#watch?.end(true)
    this.#grant.refuse()
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
