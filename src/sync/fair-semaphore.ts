/**
 * One lock, at the place where its truth is kept.
 *
 *   enter ──► line (FIFO) ──► semaphore of async-mutex ──► inside ──► out
 *               └── leave                                    └── leave
 *
 * async-mutex lets nobody leave its queue but all at once. So never more than one stands in it, on behalf of whoever is
 * first in our line: when the last of the line has left, that one is called back, and nothing is left behind.
 */
import { E_CANCELED, Semaphore as Permits } from 'async-mutex'
import { WaitList, ListNode } from './wait-list'
import { yieldIfDue } from './yield'

export class FairSemaphore {
  readonly permits: number
  readonly #semaphore: Permits
  /** Free permits beside the one that the semaphore may have: at each release, async-mutex loops over those that it has. */
  #spare: number
  readonly #line = new WaitList<Waiter>()
  readonly #onIdle: () => void
  #inside = 0
  /** Somebody stands in the semaphore's queue, or is about to. */
  #calling = false

  /** @param onIdle nobody is inside or waits any more: the door may be forgotten */
  constructor(permits: number, onIdle: () => void) {
    this.permits = permits
    this.#semaphore = new Permits(1)
    this.#spare = permits - 1
    this.#onIdle = onIdle
  }

  /** Whether whoever comes now has to wait. */
  get full(): boolean {
    return this.#semaphore.isLocked() || this.#line.length > 0
  }

  get waiting(): number {
    return this.#line.length
  }

  /** Calls `entered` once it is the caller's turn: never before this returns. */
  enter(entered: () => void): Waiter {
    const waiter = new Waiter(this, entered)
    this.#line.append(waiter)
    if (!this.#calling) void this.#call()
    return waiter
  }

  /** @internal for {@link Waiter} */
  giveUp(waiter: Waiter): void {
    this.#line.remove(waiter)
    if (this.#line.length === 0) this.#semaphore.cancel() // the one who stands there for the line
  }

  /** @internal for {@link Waiter} */
  goOut(): void {
    this.#inside -= 1
    this.#giveBack()
    this.#rest()
  }

  async #call(): Promise<void> {
    this.#calling = true
    while (this.#line.length > 0) {
      const isAdmitted = await this.#permit()
      const pause = yieldIfDue()
      if (pause) await pause
      if (!isAdmitted) continue
      const waiter = this.#line.shift()
      if (waiter) {
        this.#inside += 1
        waiter.admit()
      } else this.#giveBack()
    }
    this.#calling = false
    this.#rest()
  }

  #permit(): Promise<boolean> {
    return this.#semaphore.acquire().then(
      () => {
        this.#refill()
        return true
      },
      (error: unknown) => {
        if (error !== E_CANCELED) throw error
        return false
      },
    )
  }

  #refill(): void {
    if (this.#spare === 0) return
    this.#spare -= 1
    this.#semaphore.release()
  }

  #giveBack(): void {
    if (this.#semaphore.isLocked()) this.#semaphore.release()
    else this.#spare += 1
  }

  #rest(): void {
    if (this.#inside === 0 && this.#line.length === 0 && !this.#calling) this.#onIdle()
  }
}

/** One who waits at a door, or is inside. */
export class Waiter extends ListNode {
  readonly #door: FairSemaphore
  readonly #entered: () => void
  #state: 'waiting' | 'inside' | 'out' = 'waiting'

  constructor(semaphore: FairSemaphore, entered: () => void) {
    super()
    this.#door = semaphore
    this.#entered = entered
  }

  get isInside(): boolean {
    return this.#state === 'inside'
  }

  /** @internal for {@link FairSemaphore} */
  admit(): void {
    this.#state = 'inside'
    this.#entered()
  }

  /** Gives up waiting, or goes out. A second time does nothing. */
  leave(): void {
    const state = this.#state
    this.#state = 'out'
    if (state === 'waiting') this.#door.giveUp(this)
    else if (state === 'inside') this.#door.goOut()
  }
}
