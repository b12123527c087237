/**
 * Locks: one state for the whole program, in the program's own thread; everywhere else a lock is a name for it.
 *
 * One lock, taken by the body of a worker:
 *
 *   worker                                                     program's own thread
 *   BaseLock ──► LockWait ──► requestFromParent ── request ──► LockService ──► semaphoreOf() ──► FairSemaphore
 *      ▲                                                                                             │ first come,
 *      │                                                                                             ▼ first served
 *   LockGrant ◄── LockWait ◄── RemoteRequest ◄─── response ◄──────────────────────────────────── Waiter is inside
 *      │
 *      └── release, or the worker exits ──────────── end ───► LockService ──► the Waiter leaves
 *
 * - `identity.ts`: which lock of the program an object is.
 * - `lock-wait.ts`: one wait, what ends it, and the way to the lock. `lock-grant.ts`: one permit that is held.
 * - `lock-table.ts`, with the service, and `fair-semaphore.ts`: the state.
 * - `chain.ts`, `deadlock.ts`: what a chain of asynchronous calls holds, for `RLock` and for the warning.
 */
import { checkOption, positiveInteger } from '../utils/options'
import { registerSerializable } from '../wire/serializable'
import { BaseLock } from './base-lock'
import type { LockRef } from './lock-table'

/**
 * Admits one holder at a time, in the whole program: in the main thread, in worker threads and in worker processes.
 * Python's `Lock`, as one that threads and processes share.
 *
 * A lock that is made at the top level of a module is the same lock in every worker that imports the module. A lock
 * that is made later is shared by passing it, as an argument or in a field of `this`. Waiters are served in the order
 * in which they came. If a worker dies, its locks are released. Unlike an `RLock`, its holder must not take it again:
 * the second `acquire()` never resolves, and a process warning says so.
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

/**
 * A `Lock` that its holder may take again. It is free when it has been released as often as it was taken. Python's
 * `RLock`; but the holder is a chain of asynchronous calls, not a thread.
 *
 * The chain continues through `await`, timers, and decorated calls that run inline. It ends at the boundary of a
 * worker. The scope of `runExclusive` and `@synchronized` is exact. What `acquire()` takes is also held by the
 * function that called the acquiring function without awaiting it.
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

/**
 * Admits up to `permits` holders at a time, in the whole program; otherwise it is like a `Lock`. Python's
 * `BoundedSemaphore`: it cannot be released more often than it was acquired.
 *
 * @example
 * const downloads = new Semaphore(4)
 * await downloads.runExclusive(() => fetch(url))
 */
export class Semaphore extends BaseLock {
  static {
    registerSerializable('pebble-ts:Semaphore', this)
  }

  /** @throws {TypeError} if `permits` is not a number; {@link RangeError} if it is not a positive integer */
  constructor(permits: number)
  /** @internal */
  constructor(permits: number, lock?: LockRef)
  constructor(permits: number, lock?: LockRef) {
    checkOption('permits', permits, positiveInteger)
    super('Semaphore', permits, new.target, lock)
  }
}
