import { LockError } from '../errors'
import { shared } from '../registry/shared'
import type { LockRef } from './lock-table'
import type { LeaveLock } from './lock-client'
import type { CodeLocation } from './code-location'

/** Ends what `acquire()` gave: call it, or let `using` do so. */
export interface Release extends Disposable {
  /**
   * @throws {LockError} it has been released before; the end of a `using` block minds that not
   */
  (): void
}

/** Those of this thread that are held, by lock, in the order in which they were taken. */
const grants = shared('locks.holds', () => new Map<string, LockGrant[]>())

/** One permit of a lock, from the wait for it to its end. */
export class LockGrant {
  readonly lock: LockRef
  readonly place: CodeLocation
  #leave: LeaveLock | undefined
  #state: 'waiting' | 'held' | 'over' = 'waiting'
  /** How often it was taken: more than once only by the chain that holds an RLock. */
  #count = 0

  constructor(lock: LockRef, location: CodeLocation) {
    this.lock = lock
    this.place = location
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

  /** The wait is over, in vain; somebody may still have to be told. */
  giveUp(): void {
    this.#end()
  }

  /** It will never come. */
  refuse(): void {
    this.#state = 'over'
  }

  take(): Release {
    if (this.#state === 'waiting') {
      this.#state = 'held'
      remember(this)
    }
    this.#count += 1
    return releaseOf(this)
  }

  /** @throws {LockError} nothing of it is held any more */
  release(): void {
    if (this.#state !== 'held') throw notHeldError(this.lock)
    this.#count -= 1
    if (this.#count > 0) return
    forget(this)
    this.#end()
  }

  /** Lets go of the way here: a chain that takes a lock again and again remembers its latest hold, and that the one before. */
  #end(): void {
    this.#state = 'over'
    this.#leave?.()
    this.#leave = undefined
  }
}

export function notHeldError({ label }: LockRef): LockError {
  return new LockError(`Cannot release ${label}: it is not held here. It was released before, or never acquired.`)
}

/** What this thread has taken last of a lock, and holds. */
export function latestGrant(key: string): LockGrant | undefined {
  return grants.get(key)?.at(-1)
}

function remember(grant: LockGrant): void {
  const those = grants.get(grant.lock.key)
  if (those) those.push(grant)
  else grants.set(grant.lock.key, [grant])
}

function forget(grant: LockGrant): void {
  const { key } = grant.lock
  const those = grants.get(key) ?? []
  if (those.length > 1) those.splice(those.indexOf(grant), 1)
  else grants.delete(key)
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
