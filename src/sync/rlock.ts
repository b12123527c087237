import { registerSerializable } from '../wire/serializable'
import { BaseLock } from './base-lock'
import type { LockRef } from './lock-table'

/**
 * A `Lock` that its holder may take again: who holds it is the asynchronous call chain, and it is free when that has
 * released it as often as it has taken it. Python's `RLock`.
 *
 * The chain goes through `await`, timers, and decorated calls that run inline; it ends at a worker's boundary. The scope
 * of `runExclusive` and `@synchronized` is exact; what `acquire()` takes is also held by the function that called the
 * one it stands in and did not await it.
 *
 * @example
 * await lock.runExclusive(async () => {
 *   await lock.runExclusive(save) // does not wait for itself
 * })
 */
export class RLock extends BaseLock {
  static {
    registerSerializable('pebble-ts:RLock', this)
  }

  constructor()
  /** @internal */
  constructor(permits?: unknown, lock?: LockRef)
  constructor(_permits?: unknown, lock?: LockRef) {
    super('RLock', 1, new.target, lock)
  }
}
