import { LockError } from '../errors'
import { role } from '../registry/role'
import { deserialize, serialize } from '../wire/serializable'
import { goOnHolding, heldInChain, runHolding } from './chain'
import type { LockRef } from './doors'
import { isTaken } from './entrance'
import { Hold, latestHold, notHeld, type Release } from './hold'
import { identify } from './identity'
import { placeBelow, type Place } from './place'
import { waitFor, type AcquireOptions } from './wait'

/** A hold, and what ends this taking of it. */
export interface Taken {
  readonly hold: Hold
  readonly release: Release
}

/** Takes the lock for a scope. It marks locks of all copies of the library. */
export const TAKE: unique symbol = Symbol.for('pebble-ts.lock.take') as never

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
    return isTaken(this.#lock.key, latestHold(this.#lock.key) !== undefined)
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
    const taking = this.#take(placeBelow(BaseLock.prototype.acquire), 'acquire()', options)
    if (taking === PARKED) return this.#park()
    if (taking.wait === undefined) return Promise.resolve(taking.hold.take())
    goOnHolding(taking.hold)
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
    const hold = own?.hold ?? latestHold(key)
    if (hold === undefined) throw notHeld(this.#lock)
    if (this.#reenters && own === undefined) throw heldByOther(this.#lock, hold)
    hold.release()
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
    const { hold, release } = await this.#takeFor(placeBelow(BaseLock.prototype.runExclusive), options)
    try {
      return await runHolding(hold, fn)
    } finally {
      release[Symbol.dispose]()
    }
  }

  /** @internal for `@synchronized` */
  [TAKE](place: Place): Promise<Taken> {
    return this.#takeFor(place, undefined)
  }

  /** @internal its name crosses, and it is the same lock there */
  [serialize](): LockRef {
    return this.#lock
  }

  /** @internal */
  static [deserialize](this: new (permits?: unknown, lock?: LockRef) => BaseLock, lock: LockRef): BaseLock {
    return new this(lock.permits, lock)
  }

  async #takeFor(place: Place, options: AcquireOptions | undefined): Promise<Taken> {
    const taking = this.#take(place, 'runExclusive()', options)
    if (taking === PARKED) return this.#park()
    const { hold, wait } = taking
    await wait
    return { hold, release: hold.take() }
  }

  #take(place: Place, where: string, options: AcquireOptions | undefined): Taking | typeof PARKED {
    if (role.worker !== null && !role.worker.insideBody()) return PARKED
    const [own] = this.#reenters ? heldInChain(this.#lock.key) : []
    if (own) return { hold: own.hold, wait: undefined }
    const hold = new Hold(this.#lock, place)
    return { hold, wait: waitFor(hold, where, options) }
  }

  /**
   * Module code of a worker comes as far as what only the parent is to do: a main script that took the lock here, in its
   * worker's name, would hold it for ever.
   */
  #park(): Promise<never> {
    const never = new Promise<never>(() => undefined)
    role.worker?.park(this, never)
    return never
  }
}

interface Taking {
  readonly hold: Hold
  /** Undefined where the chain holds it already. */
  readonly wait: Promise<void> | undefined
}

const PARKED = Symbol('parked')

function heldByOther({ label }: LockRef, { place }: Hold): LockError {
  return new LockError(
    `Cannot release ${label}: another call chain holds it, since ${place.text}. ` +
      'Call what its acquire() gave: that may be done from anywhere.',
  )
}
