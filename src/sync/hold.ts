import { LockError } from '../errors'
import { shared } from '../registry/shared'
import type { LockRef } from './doors'
import type { Leave } from './entrance'
import type { Place } from './place'

/** Ends what `acquire()` gave: call it, or let `using` do so. */
export interface Release extends Disposable {
  /**
   * @throws {LockError} it has been released before; the end of a `using` block minds that not
   */
  (): void
}

/** Those of this thread that are held, by lock, in the order in which they were taken. */
const holds = shared('locks.holds', () => new Map<string, Hold[]>())

/** One permit of a lock, from the wait for it to its end. */
export class Hold {
  readonly lock: LockRef
  readonly place: Place
  #leave: Leave | undefined
  #state: 'waiting' | 'held' | 'over' = 'waiting'
  /** How often it was taken: more than once only by the chain that holds an RLock. */
  #count = 0

  constructor(lock: LockRef, place: Place) {
    this.lock = lock
    this.place = place
  }

  get isHeld(): boolean {
    return this.#state === 'held'
  }

  get isOver(): boolean {
    return this.#state === 'over'
  }

  /** The wait has begun. */
  begin(leave: Leave): void {
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
    if (this.#state !== 'held') throw notHeld(this.lock)
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

export function notHeld({ label }: LockRef): LockError {
  return new LockError(`Cannot release ${label}: it is not held here. It was released before, or never acquired.`)
}

/** What this thread has taken last of a lock, and holds. */
export function latestHold(key: string): Hold | undefined {
  return holds.get(key)?.at(-1)
}

function remember(hold: Hold): void {
  const those = holds.get(hold.lock.key)
  if (those) those.push(hold)
  else holds.set(hold.lock.key, [hold])
}

function forget(hold: Hold): void {
  const { key } = hold.lock
  const those = holds.get(key) ?? []
  if (those.length > 1) those.splice(those.indexOf(hold), 1)
  else holds.delete(key)
}

function releaseOf(hold: Hold): Release {
  let released = false
  const release = (): void => {
    if (released) throw notHeld(hold.lock)
    released = true
    hold.release()
  }
  const dispose = (): void => {
    if (released || hold.isOver) return
    released = true
    hold.release()
  }
  return Object.assign(release, { [Symbol.dispose]: dispose })
}
