import { registerSerializable } from '../wire/serializable'
import { BaseLock } from './base-lock'
import type { LockRef } from './lock-table'

/**
 * Lets one in at a time: the same lock in the main thread, in every worker thread and in every worker process.
 *
 * Made at the top level of a module it is found again by the workers that import the module; made elsewhere, it is the
 * same lock for those it is passed to, as an argument or in a field of `this`. First come, first served. A worker that
 * dies releases it. Unlike an `RLock`, its holder must not take it again: that waits for ever, and a warning says so.
 *
 * @example
 * const lock = new Lock()
 * await lock.runExclusive(() => appendFile(path, line))
 */
export class Lock extends BaseLock {
  static {
    registerSerializable('pebble-ts:Lock', this)
  }

  constructor()
  /** @internal */
  constructor(permits?: unknown, lock?: LockRef)
  constructor(_permits?: unknown, lock?: LockRef) {
    super('Lock', 1, new.target, lock)
  }
}
