/** The way to a lock: in the program's own thread its door, in a worker messages to it. */
import { role, type WorkerRole } from '../registry/role'
import { SERVICE, type LockRequest } from './lock-service'
import { semaphoreOf, isFull, type LockRef } from './lock-table'

export interface LockListener {
  /** It is the visitor's turn. */
  entered(): void
  /** It will never be: with `now` the lock was not free, or `error` is in the way. */
  refused(error?: unknown): void
}

/** Ends a visit: gives up waiting, or goes out. */
export type LeaveLock = () => void

let visits = 0

/** @param now - come in at once, or not at all */
export function requestLock(lock: LockRef, listener: LockListener, now: boolean): LeaveLock {
  return role.worker === null ? requestHere(lock, listener, now) : requestFromParent(role.worker, lock, listener, now)
}

/** Whether the lock is taken. A worker knows only of itself. */
export function isTaken(key: string, heldHere: boolean): boolean {
  return role.worker === null ? isFull(key) : heldHere
}

function requestHere(lock: LockRef, listener: LockListener, now: boolean): LeaveLock {
  const semaphore = semaphoreOf(lock)
  if (now && semaphore.full) {
    listener.refused()
    return () => undefined
  }
  const waiter = semaphore.enter(() => listener.entered())
  return () => waiter.leave()
}

/** The answer may cross with the one who leaves: the broker then lets him out again. */
function requestFromParent(worker: WorkerRole, lock: LockRef, listener: LockListener, now: boolean): LeaveLock {
  const number = ++visits
  const coming: LockRequest = { op: 'enter', number, lock, now }
  const leaving: LockRequest = { op: 'leave', number }
  let left = false
  worker.request(SERVICE, coming).then(
    (entered) => {
      if (left) return
      if (entered === true) listener.entered()
      else listener.refused()
    },
    (error: unknown) => listener.refused(error),
  )
  return () => {
    left = true
    worker.tell(SERVICE, leaving)
  }
}
