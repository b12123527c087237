/** The way to a lock: in the program's own thread its door, in a worker messages to it. */
import { role, type WorkerRole } from '../registry/role'
import { SERVICE, type LockRequest } from './broker'
import { doorOf, isFull, type LockRef } from './doors'

export interface Visitor {
  /** It is the visitor's turn. */
  entered(): void
  /** It will never be: with `now` the lock was not free, or `error` is in the way. */
  refused(error?: unknown): void
}

/** Ends a visit: gives up waiting, or goes out. */
export type Leave = () => void

let visits = 0

/** @param now - come in at once, or not at all */
export function enter(lock: LockRef, visitor: Visitor, now: boolean): Leave {
  return role.worker === null ? enterHere(lock, visitor, now) : enterByMessage(role.worker, lock, visitor, now)
}

/** Whether the lock is taken. A worker knows only of itself. */
export function isTaken(key: string, heldHere: boolean): boolean {
  return role.worker === null ? isFull(key) : heldHere
}

function enterHere(lock: LockRef, visitor: Visitor, now: boolean): Leave {
  const door = doorOf(lock)
  if (now && door.full) {
    visitor.refused()
    return () => undefined
  }
  const visit = door.enter(() => visitor.entered())
  return () => visit.leave()
}

/** The answer may cross with the one who leaves: the broker then lets him out again. */
function enterByMessage(worker: WorkerRole, lock: LockRef, visitor: Visitor, now: boolean): Leave {
  const number = ++visits
  const coming: LockRequest = { op: 'enter', number, lock, now }
  const leaving: LockRequest = { op: 'leave', number }
  let left = false
  worker.request(SERVICE, coming).then(
    (entered) => {
      if (left) return
      if (entered === true) visitor.entered()
      else visitor.refused()
    },
    (error: unknown) => visitor.refused(error),
  )
  return () => {
    left = true
    worker.tell(SERVICE, leaving)
  }
}
