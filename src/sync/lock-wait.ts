/**
 * One wait for a lock: what may end it, and how it reaches the lock.
 *
 *   waitForLock ──► LimitedWait ── begin ──► LockWait ──► requestLock ─┬─ requestHere: the FairSemaphore
 *       promise ◄── LimitedWait ◄── done ─── LockWait ◄────────────────┴─ requestFromParent: a RemoteRequest
 *
 * A wait ends when the lock is granted, by `timeout`, by `signal`, or with the task that waits. `LimitedWait` applies these
 * limits. `LockWait` stands between it and the lock: it starts the request, watches for a deadlock, and keeps the
 * `LockGrant` up to date before it passes the end of the wait on.
 */
import { CancelledError, TimeoutError } from '../errors'
import { taskHere } from '../registry/current-task'
import { role } from '../registry/role'
import { RemoteRequest } from '../registry/services'
import {
  limitRules,
  waitWithin,
  type CancelWait,
  type Waitable,
  type WaitHandler,
  type WaitLimits,
} from '../utils/limited-wait'
import { checkOptions } from '../utils/options'
import { watchForDeadlock, type DeadlockWatch } from './deadlock'
import type { LeaveLock, LockGrant } from './lock-grant'
import { isFull, LOCK_SERVICE, semaphoreOf, type LockRef, type LockRequest } from './lock-table'

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

  begin(handler: WaitHandler<void>, mayWait: boolean): CancelWait | undefined {
    const { lock, location } = this.#grant
    this.#handler = handler
    this.#watch = watchForDeadlock(lock, location)
    const leave = requestLock(lock, this, mayWait)
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

/**
 * Asks for a lock: the semaphore in the program's own thread, or the LockService from a worker. Calls `handler.done` when
 * the lock is granted, and never before this function has returned.
 *
 * @param mayWait `false`: `handler.unavailable` is called if the lock is not free
 * @returns undefined if the lock was refused at once
 */
function requestLock(lock: LockRef, handler: WaitHandler<void>, mayWait: boolean): LeaveLock | undefined {
  return role.worker === null ? requestHere(lock, handler, mayWait) : requestFromParent(lock, handler, mayWait)
}

/** Whether the lock is taken. A worker knows only what it holds itself. */
export function isTaken(key: string, isHeldHere: boolean): boolean {
  return role.worker === null ? isFull(key) : isHeldHere
}

function requestHere(lock: LockRef, handler: WaitHandler<void>, mayWait: boolean): LeaveLock | undefined {
  const semaphore = semaphoreOf(lock)
  if (!mayWait && semaphore.full) {
    handler.unavailable()
    return undefined
  }
  const waiter = semaphore.enter(() => handler.done())
  return () => waiter.leave()
}

/**
 * The waiter may leave while the response is in transit. The service then releases the lock again, and the response is
 * ignored.
 */
function requestFromParent(lock: LockRef, handler: WaitHandler<void>, mayWait: boolean): LeaveLock {
  const request = new RemoteRequest<boolean>(LOCK_SERVICE, { op: 'enter', lock, mayWait } satisfies LockRequest)
  let hasLeft = false
  request.answer.then(
    (entered) => {
      if (hasLeft) return
      if (entered) handler.done()
      else handler.unavailable()
    },
    (error: unknown) => handler.failed(error),
  )
  return () => {
    hasLeft = true
    request.end()
  }
}
