/**
 * The state of locks, in the program's own thread.
 *
 * - `semaphoreOf` finds the semaphore of a lock. There is one for each lock in use; one without users is dropped.
 * - `LockService` takes these locks for workers.
 */
import { LockError } from '../errors'
import { offerService, RequestService, type ServedRequest } from '../registry/services'
import { shared } from '../registry/shared'
import { FairSemaphore } from './fair-semaphore'

/** What identifies a lock everywhere in the program: plain data. */
export interface LockRef {
  readonly key: string
  /** How many may be inside at once. */
  readonly permits: number
  /** For messages: `the Lock of log.ts:3:14`. */
  readonly label: string
}

const semaphores = shared('locks.semaphores', () => new Map<string, FairSemaphore>())

/** @throws {LockError} if the same lock has another number of permits elsewhere in the program */
export function semaphoreOf({ key, permits, label }: LockRef): FairSemaphore {
  const found = semaphores.get(key)
  if (found === undefined) {
    const semaphore = new FairSemaphore(permits, () => semaphores.delete(key))
    semaphores.set(key, semaphore)
    return semaphore
  }
  if (found.permits === permits) return found
  throw new LockError(
    `Expected ${label} to have ${found.permits} permits, as it has elsewhere in the program, got ${permits}: ` +
      'a module that is evaluated in a worker must make the same locks there.',
  )
}

export function isFull(key: string): boolean {
  return semaphores.get(key)?.full ?? false
}

/** How many wait for the lock; undefined if it is not in use. For specs. */
export function usersOf(key: string): { waiting: number } | undefined {
  const semaphore = semaphores.get(key)
  return semaphore && { waiting: semaphore.waiting }
}

/** How many locks are in use; for specs. */
export const locksInUse = (): number => semaphores.size

/** The name of the service. */
export const LOCK_SERVICE = 'lock'

/**
 * Asks to enter. The answer is `true` when the lock is granted. It is `false` if the worker has given up, or if the lock is
 * not free and the worker does not want to wait (`mayWait`).
 */
export interface LockRequest {
  readonly op: 'enter'
  readonly lock: LockRef
  readonly mayWait: boolean
}

/** Offers the service to workers. A second call has no effect. */
export function offerLockService(): void {
  offerService(
    LOCK_SERVICE,
    shared('locks.service', () => new LockService()),
  )
}

class LockService extends RequestService<LockRequest> {
  protected start({ lock, mayWait }: LockRequest, served: ServedRequest): void {
    const semaphore = semaphoreOf(lock)
    if (!mayWait && semaphore.full) {
      served.answer(false)
      return
    }
    const waiter = semaphore.enter(() => served.grant(true, () => waiter.leave()))
    served.waits(() => {
      waiter.leave()
      served.answer(false)
    })
  }
}
