/** The doors of the program, in its own thread; one that nobody uses is forgotten. */
import { LockError } from '../errors'
import { shared } from '../registry/shared'
import { Door } from './door'

/** What names a lock everywhere in the program: plain data. */
export interface LockRef {
  readonly key: string
  /** How many may be inside at once. */
  readonly permits: number
  /** For messages: `the Lock of log.ts:3:14`. */
  readonly label: string
}

const doors = shared('locks.doors', () => new Map<string, Door>())

/** @throws {LockError} the same lock has another number of permits elsewhere in the program */
export function doorOf({ key, permits, label }: LockRef): Door {
  const found = doors.get(key)
  if (found === undefined) {
    const door = new Door(permits, () => doors.delete(key))
    doors.set(key, door)
    return door
  }
  if (found.permits === permits) return found
  throw new LockError(
    `Expected ${label} to have ${found.permits} permits, as it has elsewhere in the program, got ${permits}: ` +
      'a module that is evaluated in a worker must make the same locks there.',
  )
}

export function isFull(key: string): boolean {
  return doors.get(key)?.full ?? false
}

/** How many use the lock or wait for it; for specs. */
export function usersOf(key: string): { waiting: number } | undefined {
  const door = doors.get(key)
  return door && { waiting: door.waiting }
}

/** How many locks are in use; for specs. */
export const doorsInUse = (): number => doors.size
