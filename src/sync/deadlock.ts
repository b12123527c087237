/** The deadlock that can be seen: a chain waits for what it holds itself. */
import { after, clearAfter } from '../utils/after'
import { heldInChain, type HeldAlready } from './chain'
import type { LockRef } from './doors'
import type { Place } from './place'

/** How long a wait takes that looks like a deadlock, but may not be one, until it is told, in ms. */
const PATIENCE = 1_000

/** Watches one wait. */
export interface Watch {
  /** @param inVain - it did not get the lock */
  end(inVain: boolean): void
}

/**
 * Warns of a wait for a lock all of whose permits the waiting chain holds: at once where they are those of scopes,
 * which end after what they wait for. What `acquire()` took may be other code's, or be released by it: there the wait
 * has to be long, or in vain.
 */
export function watchForDeadlock(lock: LockRef, place: Place): Watch | undefined {
  const held = heldInChain(lock.key)
  const first = held[0]
  if (first === undefined || held.length < lock.permits) return undefined
  if (held.every(({ isScope }) => isScope)) {
    warn('Deadlock', lock, first, place)
    return undefined
  }
  const timer = after(PATIENCE, () => tell()).unref()
  let told = false
  const tell = (): void => {
    if (!told && held.every(({ hold }) => hold.isHeld)) warn('Possible deadlock', lock, first, place)
    told = true
  }
  return {
    end: (inVain) => {
      clearAfter(timer)
      if (inVain) tell()
    },
  }
}

function warn(what: string, { label }: LockRef, { hold }: HeldAlready, place: Place): void {
  process.emitWarning(
    `${what}: ${place.text} waits for ${label}, which its own call chain holds since ${hold.place.text}. ` +
      'Release it first, or use an RLock, which its holder may take again.',
    { type: 'PebbleLockWarning', code: 'PEBBLE_DEADLOCK' },
  )
}
