import { LockError } from '../errors'
import { shared } from '../registry/shared'
import type { CodeLocation } from './code-location'
import type { LockRef } from './lock-table'

/** Cancels the wait, or releases the lock. */
export type LeaveLock = () => void

/** Releases what `acquire()` took: call it, or declare it with `using`. */
export interface Release extends Disposable {
  /** @throws {LockError} if it was released before. The end of a `using` block does not throw then. */
  (): void
}

/** The grants that this thread holds, by lock, in the order in which they were taken. */
const heldGrants = shared('locks.grants', () => new Map<string, LockGrant[]>())

/** One permit of a lock, from the wait for it to its release. */
export class LockGrant {
  readonly lock: LockRef
  readonly location: CodeLocation
  #leave: LeaveLock | undefined
  #state: 'waiting' | 'held' | 'over' = 'waiting'
  /** How often it was taken: more than once only by the chain that holds an RLock. */
  #count = 0

  constructor(lock: LockRef, location: CodeLocation) {
    this.lock = lock
    this.location = location
  }

  get isHeld(): boolean {
    return this.#state === 'held'
  }

  get isOver(): boolean {
    return this.#state === 'over'
  }

  /** The wait has begun. */
  begin(leave: LeaveLock): void {
    this.#leave = leave
  }

  /** The wait is cancelled: leaves the queue of the lock. */
  giveUp(): void {
    this.#end()
  }

  /** The lock was refused: there is nothing to leave. */
  refuse(): void {
    this.#state = 'over'
    this.#leave = undefined
  }

  take(): Release {
    if (this.#state === 'waiting') {
      this.#state = 'held'
      remember(this)
    }
    this.#count += 1
    return releaseOf(this)
  }

  /** @throws {LockError} if it was released as often as it was taken */
  release(): void {
    if (this.#state !== 'held') throw notHeldError(this.lock)
    this.#count -= 1
    if (this.#count > 0) return
    forget(this)
    this.#end()
  }

  /** Also drops `#leave` and what it refers to, because the links of a chain keep grants that are over. */
  #end(): void {
    this.#state = 'over'
    this.#leave?.()
    this.#leave = undefined
  }
}

export function notHeldError({ label }: LockRef): LockError {
  return new LockError(`Cannot release ${label}: it is not held here. It was released before, or never acquired.`)
}

/** The grant of the lock that this thread took last and still holds. */
export function latestGrant(key: string): LockGrant | undefined {
  return heldGrants.get(key)?.at(-1)
}

function remember(grant: LockGrant): void {
  const grants = heldGrants.get(grant.lock.key)
  if (grants) grants.push(grant)
  else heldGrants.set(grant.lock.key, [grant])
}

function forget(grant: LockGrant): void {
  const { key } = grant.lock
  const grants = heldGrants.get(key) ?? []
  if (grants.length > 1) grants.splice(grants.indexOf(grant), 1)
  else heldGrants.delete(key)
}

function releaseOf(grant: LockGrant): Release {
  let released = false
  const release = (): void => {
    if (released) throw notHeldError(grant.lock)
    released = true
    grant.release()
  }
  const dispose = (): void => {
    if (released || grant.isOver) return
    released = true
    grant.release()
  }
  return Object.assign(release, { [Symbol.dispose]: dispose })
}
