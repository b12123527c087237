/** The deadlock that can be seen: a chain waits for what it holds itself. */
import { after, clearAfter } from '../utils/after'
import { heldInChain, type HeldGrant } from './chain'
import type { LockRef } from './lock-table'
import type { CodeLocation } from './code-location'

/** How long a wait takes that looks like a deadlock, but may not be one, until it is told, in ms. */
const PATIENCE = 1_000

/** Watches one wait. */
export interface DeadlockWatch {
  /** @param inVain - it did not get the lock */
  end(inVain: boolean): void
}

/**
 * Warns of a wait for a lock all of whose permits the waiting chain holds: at once where they are those of scopes,
 * which end after what they wait for. What `acquire()` took may be other code's, or be released by it: there the wait
 * has to be long, or in vain.
 */
export function watchForDeadlock(lock: LockRef, location: CodeLocation): DeadlockWatch | undefined {
  const grants = heldInChain(lock.key)
  const first = grants[0]
  if (first === undefined || grants.length < lock.permits) return undefined
  if (grants.every(({ isScope }) => isScope)) {
    warn('Deadlock', lock, first, location)
    return undefined
  }
  const timer = after(PATIENCE, () => tell()).unref()
  let told = false
  const tell = (): void => {
    if (!told && grants.every(({ hold: grant }) => grant.isHeld)) warn('Possible deadlock', lock, first, location)
    told = true
  }
  return {
    end: (inVain) => {
      clearAfter(timer)
      if (inVain) tell()
    },
  }
}

function warn(what: string, { label }: LockRef, { hold: grant }: HeldGrant, location: CodeLocation): void {
  process.emitWarning(
    `${what}: ${location.text} waits for ${label}, which its own call chain holds since ${grant.place.text}. ` +
      'Release it first, or use an RLock, which its holder may take again.',
    { type: 'PebbleLockWarning', code: 'PEBBLE_DEADLOCK' },
  )
}
