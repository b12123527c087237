import { LockError } from '../errors'
import { role } from '../registry/role'
import { deserialize, serialize } from '../wire/serializable'
import { holdFromNowOn, heldInChain, runHolding } from './chain'
import type { LockRef } from './lock-table'
import { isTaken } from './lock-client'
import { LockGrant, latestGrant, notHeldError, type Release } from './lock-grant'
import { identify } from './identity'
import { locationBelow, type CodeLocation } from './code-location'
import { waitForLock, type AcquireOptions } from './wait'

/** A hold, and what ends this taking of it. */
export interface TakenLock {
  readonly hold: LockGrant
  readonly release: Release
}

/** Takes the lock for a scope. It marks locks of all copies of the library. */
export const TAKE_LOCK: unique symbol = Symbol.for('pebble-ts.lock.take') as never

/** What `Lock`, `RLock` and `Semaphore` have in common. */
export abstract class BaseLock {
  readonly #lock: LockRef
  /** Whether the chain that holds it may take it again. */
  readonly #reenters: boolean

  /** @param below - the module that makes the lock is looked for in the frames under this function */
  protected constructor(kind: string, permits: number, below: Function, lock?: LockRef) {
    this.#lock = lock ?? identify(kind, permits, below)
    this.#reenters = kind === 'RLock'
  }

  /**
   * Whether all permits are taken, so that `acquire()` would wait. In a worker, where the answer would have to come
   * from the parent: whether that worker holds it.
   */
  get locked(): boolean {
    return isTaken(this.#lock.key, latestGrant(this.#lock.key) !== undefined)
  }

  /**
   * Waits for the lock and takes it. First come, first served, all over the program.
   *
   * What it gives ends the hold: call it, or declare it by `using`. Prefer `runExclusive`, which cannot forget to.
   *
   * **Cancelling:** by `timeout` (`TimeoutError`), by `signal`, or by the end of the call whose body waits
   * (`CancelledError`); who gives up leaves no trace in the line.
   *
   * @throws {TypeError} an unknown option or a value of the wrong type, {@link RangeError} a negative `timeout`
   * @example
   * using held = await lock.acquire({ timeout: 1_000 })
   */
  acquire(options?: AcquireOptions): Promise<Release> {
    const taking = this.#take(locationBelow(BaseLock.prototype.acquire), 'acquire()', options)
    if (taking === SUSPENDED) return this.#suspend()
    if (taking.wait === undefined) return Promise.resolve(taking.hold.take())
    holdFromNowOn(taking.hold)
    return taking.wait.then(() => taking.hold.take())
  }

  /**
   * Releases what was acquired last: by the chain of calls that asks, else in its thread.
   *
   * @throws {LockError} it is not held here
   */
  release(): void {
    const { key } = this.#lock
    const [own] = heldInChain(key)
    const grant = own?.hold ?? latestGrant(key)
    if (grant === undefined) throw notHeldError(this.#lock)
    if (this.#reenters && own === undefined) throw heldByOther(this.#lock, grant)
    grant.release()
  }

  /**
   * Runs `fn` while it holds the lock; gives what `fn` gives, throws what it throws.
   *
   * **Cancelling:** the wait, as in `acquire`; not `fn`.
   *
   * @throws as `acquire`
   * @example
   * const total = await lock.runExclusive(async () => add(await read(), 1))
   */
  async runExclusive<T>(fn: () => T | PromiseLike<T>, options?: AcquireOptions): Promise<T> {
    const { hold: grant, release } = await this.#takeFor(locationBelow(BaseLock.prototype.runExclusive), options)
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

  /** @internal its name crosses, and it is the same lock there */
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
    const { hold: grant, wait } = taking
    await wait
    return { hold: grant, release: grant.take() }
  }

  #take(location: CodeLocation, where: string, options: AcquireOptions | undefined): Taking | typeof SUSPENDED {
    if (role.worker !== null && !role.worker.insideBody()) return SUSPENDED
    const [own] = this.#reenters ? heldInChain(this.#lock.key) : []
    if (own) return { hold: own.hold, wait: undefined }
    const grant = new LockGrant(this.#lock, location)
    return { hold: grant, wait: waitForLock(grant, where, options) }
  }

  /**
   * Module code of a worker comes as far as what only the parent is to do: a main script that took the lock here, in its
   * worker's name, would hold it for ever.
   */
  #suspend(): Promise<never> {
    const never = new Promise<never>(() => undefined)
    role.worker?.suspend(this, never)
    return never
  }
}

interface Taking {
  readonly hold: LockGrant
  /** Undefined where the chain holds it already. */
  readonly wait: Promise<void> | undefined
}

const SUSPENDED = Symbol('parked')

function heldByOther({ label }: LockRef, { place: location }: LockGrant): LockError {
  return new LockError(
    `Cannot release ${label}: another call chain holds it, since ${location.text}. ` +
      'Call what its acquire() gave: that may be done from anywhere.',
  )
}
