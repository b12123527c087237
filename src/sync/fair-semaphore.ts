/**
 * The state of one lock: its free permits, and the queue of its waiters. First come, first served.
 *
 *   enter ──► waiting ──► inside ──► left
 *                └──────────────────► left
 *
 * This is not async-mutex, because its semaphore cannot remove one waiter from its queue. It also loops over its free
 * permits at each release, which takes minutes for a billion of them.
 */
import { monotonic, setImmediate } from '../utils/clock'
import { ListNode, WaitList } from './wait-list'

/** How long permits are granted within one turn of the event loop, in ms. */
const PAUSE_AFTER = 1

export class FairSemaphore {
  readonly permits: number
  #free: number
  readonly #waiters = new WaitList<Waiter>()
  readonly #onIdle: () => void
  /** {@link #admitWaiters} is running. */
  #isAdmitting = false

  /** @param onIdle called when nothing is inside or waits any more */
  constructor(permits: number, onIdle: () => void) {
    this.permits = permits
    this.#free = permits
    this.#onIdle = onIdle
  }

  /** Whether a waiter that enters now has to wait for another. */
  get full(): boolean {
    return this.#free === 0 || this.#waiters.length > 0
  }

  get waiting(): number {
    return this.#waiters.length
  }

  /** Calls `entered` when the waiter has got a permit, and never before this method has returned. */
  enter(entered: () => void): Waiter {
    const waiter = new Waiter(this, entered)
    this.#waiters.append(waiter)
    this.#admit()
    return waiter
  }

  /** @internal for {@link Waiter} */
  removeWaiting(waiter: Waiter): void {
    this.#waiters.remove(waiter)
  }

  /** @internal for {@link Waiter} */
  releasePermit(): void {
    this.#free += 1
    this.#admit()
  }

  /** Admits the waiters that may enter. If nothing waits and no permit is taken, calls `onIdle`. */
  #admit(): void {
    if (this.#isAdmitting) return
    if (this.#free > 0 && this.#waiters.length > 0) void this.#admitWaiters()
    else if (this.#free === this.permits && this.#waiters.length === 0) this.#onIdle()
  }

  async #admitWaiters(): Promise<void> {
    this.#isAdmitting = true
    while (this.#free > 0 && this.#waiters.length > 0) {
      await pauseIfDue() // even without a pause: `enter` has to return first
      const waiter = this.#waiters.shift() // undefined if all have left meanwhile
      if (waiter === undefined) break
      this.#free -= 1
      waiter.admit()
    }
    this.#isAdmitting = false
    this.#admit()
  }
}

/** One that waits for a permit, or has one. */
export class Waiter extends ListNode {
  readonly #semaphore: FairSemaphore
  readonly #entered: () => void
  #state: 'waiting' | 'inside' | 'left' = 'waiting'

  constructor(semaphore: FairSemaphore, entered: () => void) {
    super()
    this.#semaphore = semaphore
    this.#entered = entered
  }

  /** @internal for {@link FairSemaphore} */
  admit(): void {
    this.#state = 'inside'
    this.#entered()
  }

  /** Stops waiting, or releases the permit. A second call has no effect. */
  leave(): void {
    const state = this.#state
    this.#state = 'left'
    if (state === 'waiting') this.#semaphore.removeWaiting(this)
    else if (state === 'inside') this.#semaphore.releasePermit()
  }
}

/** When this turn of the event loop granted its first permit. */
let turnBegan: number | undefined

/**
 * The pause before the next grant, if grants have kept the event loop busy for too long. A loop that takes a free lock
 * again and again, with nothing but promises in between, would keep the event loop from reading messages. Workers would
 * wait forever for a lock that is free most of the time.
 */
function pauseIfDue(): Promise<void> | undefined {
  if (turnBegan === undefined) {
    turnBegan = monotonic()
    setImmediate(() => (turnBegan = undefined))
    return undefined
  }
  return monotonic() - turnBegan < PAUSE_AFTER ? undefined : new Promise((resolve) => setImmediate(resolve))
}
