/**
 * LockClient: the way to a lock. In the program's own thread it is a call, in a worker a request to the LockService.
 */
import { RemoteRequest } from '../registry/remote-request'
import { role } from '../registry/role'
import type { WaitHandler } from '../utils/limited-wait'
import { LOCK_SERVICE, type LockRequest } from './lock-service'
import { isFull, semaphoreOf, type LockRef } from './lock-table'

/** Cancels the wait, or releases the lock. */
export type LeaveLock = () => void

/**
 * Asks for a lock. Calls `handler.done` when it is the caller's turn, and never before this function has returned.
 *
 * @param patient false: call `handler.unavailable` if the lock is not free
 * @returns undefined if the lock was refused at once
 */
export function requestLock(lock: LockRef, handler: WaitHandler<void>, patient: boolean): LeaveLock | undefined {
  return role.worker === null ? requestHere(lock, handler, patient) : requestFromParent(lock, handler, patient)
}

/** Whether the lock is taken. A worker knows only what it holds itself. */
export function isTaken(key: string, isHeldHere: boolean): boolean {
  return role.worker === null ? isFull(key) : isHeldHere
}

function requestHere(lock: LockRef, handler: WaitHandler<void>, patient: boolean): LeaveLock | undefined {
  const semaphore = semaphoreOf(lock)
  if (!patient && semaphore.full) {
    handler.unavailable()
    return undefined
  }
  const waiter = semaphore.enter(() => handler.done())
  return () => waiter.leave()
}

/**
 * The answer may cross with a request to leave. The service then releases the lock again, and the answer is ignored.
 */
function requestFromParent(lock: LockRef, handler: WaitHandler<void>, patient: boolean): LeaveLock {
  const request = new RemoteRequest<boolean>(LOCK_SERVICE, { op: 'enter', lock, patient } satisfies LockRequest)
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
