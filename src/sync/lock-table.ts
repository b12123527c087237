/**
 * LockTable: the semaphores of the locks that are in use, in the program's own thread. A lock without users is
 * dropped.
 */
import { LockError } from '../errors'
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
