/** The deadlock that can be detected: a chain of calls waits for a lock that it holds itself. */
import { after, clearAfter } from '../utils/after'
import { heldInChain, type HeldGrant } from './chain'
import type { CodeLocation } from './code-location'
import type { LockRef } from './lock-table'

/** How long a wait that may be a deadlock lasts before the warning, in ms. */
const PATIENCE = 1_000

/** Watches one wait. */
export interface DeadlockWatch {
  /** @param inVain the wait did not get the lock */
  end(inVain: boolean): void
}

/**
 * Warns of a wait for a lock whose permits are all held by the waiting chain. If scopes hold them, the warning comes at
 * once, because a scope ends only after what it waits for. A lock from `acquire()` may be held or released by other code:
 * then the warning comes if the wait is long or in vain.
 */
export function watchForDeadlock(lock: LockRef, location: CodeLocation): DeadlockWatch | undefined {
  const held = heldInChain(lock.key)
  const first = held[0]
  if (first === undefined || held.length < lock.permits) return undefined
  if (held.every(({ isScope }) => isScope)) {
    warn('Deadlock', lock, first, location)
    return undefined
  }
  const timer = after(PATIENCE, () => warnOnce()).unref()
  let hasWarned = false
  const warnOnce = (): void => {
    if (!hasWarned && held.every(({ grant }) => grant.isHeld)) warn('Possible deadlock', lock, first, location)
    hasWarned = true
  }
  return {
    end: (inVain) => {
      clearAfter(timer)
      if (inVain) warnOnce()
    },
  }
}

function warn(what: string, { label }: LockRef, { grant }: HeldGrant, location: CodeLocation): void {
  process.emitWarning(
    `${what}: ${location.text} waits for ${label}, which its own call chain holds since ${grant.location.text}. ` +
      'Release it first, or use an RLock, which its holder may take again.',
    { type: 'PebbleLockWarning', code: 'PEBBLE_DEADLOCK' },
  )
}
