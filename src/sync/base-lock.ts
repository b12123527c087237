import { LockError } from '../errors'
import { role } from '../registry/role'
import { deserialize, serialize } from '../wire/serializable'
import { heldInChain, holdFromNowOn, runHolding } from './chain'
import { locationBelow, type CodeLocation } from './code-location'
import { identify } from './identity'
import { LockGrant, latestGrant, notHeldError, type Release } from './lock-grant'
import type { LockRef } from './lock-table'
import { isTaken, waitForLock, type AcquireOptions } from './lock-wait'

/** A grant, and the function that releases this acquisition. */
export interface TakenLock {
  readonly grant: LockGrant
  readonly release: Release
}

/** Takes the lock for a scope. The symbol identifies locks of all copies of the library. */
export const TAKE_LOCK: unique symbol = Symbol.for('pebble-ts.lock.take') as never

/** What `Lock`, `RLock` and `Semaphore` have in common. */
export abstract class BaseLock {
  readonly #lock: LockRef
  /** Whether the chain that holds the lock may take it again. */
  readonly #isReentrant: boolean

  /** @param below the module that makes the lock is found in the frames under this function */
  protected constructor(kind: string, permits: number, below: Function, lock?: LockRef) {
    this.#lock = lock ?? identify(kind, permits, below)
    this.#isReentrant = kind === 'RLock'
  }

  /**
   * Whether all permits are taken, so that `acquire()` would wait. In a worker: whether that worker holds the lock, as
   * the full answer would take a round trip to the program's own thread.
   */
  get locked(): boolean {
    return isTaken(this.#lock.key, latestGrant(this.#lock.key) !== undefined)
  }

  /**
   * Waits for the lock and takes it. Waiters are served first come, first served, in the whole program; `timeout: 0`
   * does not overtake them. Python's `acquire`, with `timeout` in ms.
   *
   * The result releases the lock: call it, or declare it with `using`. Prefer `runExclusive`, which always releases.
   *
   * **Cancelling:** `timeout` (ms; default: none) rejects with `TimeoutError`; `signal`, and the end of the call whose
   * body waits, with `CancelledError`. The waiter leaves the queue, and the others move up.
   *
   * @throws {TypeError} for an unknown option or a value of the wrong type; {@link RangeError} for a negative
   * `timeout`; both at once, not by the promise
   * @throws {LockError} if the lock has another number of permits elsewhere in the program
   * @example
   * using held = await lock.acquire({ timeout: 1_000 })
   */
  acquire(options?: AcquireOptions): Promise<Release> {
    const taking = this.#take(locationBelow(BaseLock.prototype.acquire), 'acquire()', options)
    if (taking === SUSPENDED) return this.#suspend()
    if (taking.wait === undefined) return Promise.resolve(taking.grant.take())
    holdFromNowOn(taking.grant)
    return taking.wait.then(() => taking.grant.take())
  }

  /**
   * Releases what was acquired last by the current chain of calls; if that holds nothing, what was acquired last in
   * this thread. Only a chain that holds an `RLock` can release it. Python's `release`.
   *
   * @throws {LockError} if the lock is not held here
   */
  release(): void {
    const { key } = this.#lock
    const [own] = heldInChain(key)
    const grant = own?.grant ?? latestGrant(key)
    if (grant === undefined) throw notHeldError(this.#lock)
    if (this.#isReentrant && own === undefined) throw heldByOther(this.#lock, grant)
    grant.release()
  }

  /**
   * Takes the lock, runs `fn`, and releases the lock when the result of `fn` has settled. Returns what `fn` returns,
   * and throws what it throws. Python's `with lock:`.
   *
   * **Cancelling:** the limits are those of the wait, as in `acquire`. They do not affect `fn` once it runs.
   *
   * @throws as `acquire`, but always by the promise
   * @example
   * const total = await lock.runExclusive(async () => add(await read(), 1))
   */
  async runExclusive<T>(fn: () => T | PromiseLike<T>, options?: AcquireOptions): Promise<T> {
    const { grant, release } = await this.#takeFor(locationBelow(BaseLock.prototype.runExclusive), options)
    try {
      return await runHolding(grant, fn)
    } finally {
      release[Symbol.dispose]()
    }
  }

  /** @internal for `@synchronized` */
  [TAKE_LOCK](location: CodeLocation): Promise<TakenLock> {
    return this.#takeFor(location, undefined)
  }

  /** @internal the name of the lock is sent, and is the same lock on the other side */
  [serialize](): LockRef {
    return this.#lock
  }

  /** @internal */
  static [deserialize](this: new (permits?: unknown, lock?: LockRef) => BaseLock, lock: LockRef): BaseLock {
    return new this(lock.permits, lock)
  }

  async #takeFor(location: CodeLocation, options: AcquireOptions | undefined): Promise<TakenLock> {
    const taking = this.#take(location, 'runExclusive()', options)
    if (taking === SUSPENDED) return this.#suspend()
    const { grant, wait } = taking
    await wait
    return { grant, release: grant.take() }
  }

  #take(location: CodeLocation, where: string, options: AcquireOptions | undefined): Taking | typeof SUSPENDED {
    if (role.worker !== null && !role.worker.insideBody()) return SUSPENDED
    const [own] = this.#isReentrant ? heldInChain(this.#lock.key) : []
    if (own) return { grant: own.grant, wait: undefined }
    const grant = new LockGrant(this.#lock, location)
    return { grant, wait: waitForLock(grant, where, options) }
  }

  /**
   * Suspends module code of a worker: it has reached what only the parent should do. A main script that took the lock
   * here would keep it as long as the worker lives.
   */
  #suspend(): Promise<never> {
    const never = new Promise<never>(() => undefined)
    role.worker?.suspend(this, never)
    return never
  }
}

interface Taking {
  readonly grant: LockGrant
  /** Undefined if the chain holds the lock already. */
  readonly wait: Promise<void> | undefined
}

const SUSPENDED = Symbol('suspended')

function heldByOther({ label }: LockRef, { location }: LockGrant): LockError {
  return new LockError(
    `Cannot release ${label}: another call chain holds it, since ${location.text}. ` +
      'Call what its acquire() gave: that may be done from anywhere.',
  )
}
