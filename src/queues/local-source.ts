import { QueueEmpty, QueueFull } from '../errors'
import { Items } from './items'
import { WaitQueue, type WaitEntry } from './wait-queue'
import type { CancelWait, QueueSource, QueueWaiter } from './queue-source'

/**
 * The truth of one queue: its items, and those who wait for them, for room, or for their end.
 *
 * Whoever waits is served in the order of coming: an item that comes while somebody waits for one goes to the first of
 * them and is never in the queue; room that becomes free is the first putter's.
 */
export class LocalSource<T> implements QueueSource<T> {
  readonly maxSize: number
  readonly #items = new Items<T>()
  readonly #getters = new WaitQueue<T>()
  readonly #putters = new WaitQueue<void, T>()
  readonly #joiners = new WaitQueue<void>()
  readonly #watchers = new WaitQueue<void>()
  /** Items that were put, and not told to be done. */
  #unfinished = 0

  /** @param maxSize 0 or Infinity: no limit */
  constructor(maxSize: number) {
    this.maxSize = maxSize
  }

  get size(): number {
    return this.#items.length
  }

  /** How many wait here. */
  get waiting(): number {
    return this.#getters.length + this.#putters.length + this.#joiners.length + this.#watchers.length
  }

  get unfinished(): number {
    return this.#unfinished
  }

  get(waiter: QueueWaiter<T>, patient: boolean): CancelWait | undefined {
    if (this.size > 0) {
      waiter.done(this.getNowait())
      return undefined
    }
    return waitIn(this.#getters, waiter, undefined, patient)
  }

  put(item: T, waiter: QueueWaiter<void>, patient: boolean): CancelWait | undefined {
    if (this.#isFull()) return waitIn(this.#putters, waiter, item, patient)
    this.putNowait(item)
    waiter.done()
    return undefined
  }

  join(waiter: QueueWaiter<void>, patient: boolean): CancelWait | undefined {
    if (this.#unfinished > 0) return waitIn(this.#joiners, waiter, undefined, patient)
    waiter.done()
    return undefined
  }

  ready(waiter: QueueWaiter<void>, patient: boolean): CancelWait | undefined {
    if (this.size === 0) return waitIn(this.#watchers, waiter, undefined, patient)
    waiter.done()
    return undefined
  }

  getNowait(): T {
    if (this.size === 0) {
      throw new QueueEmpty('There is no item in the queue. Wait for one by `await queue.get()`.')
    }
    const item = this.#items.shift()
    this.#admit()
    return item
  }

  putNowait(item: T): void {
    if (this.#isFull()) {
      throw new QueueFull(
        `There is no room in the queue (maxSize: ${this.maxSize}). Wait for some by \`await queue.put(item)\`.`,
      )
    }
    this.#unfinished += 1
    this.#hand(item, () => this.#items.push(item))
  }

  /** An item that was taken, and did not arrive, is at the head again. */
  giveBack(item: T): void {
    this.#hand(item, () => this.#items.unshift(item))
  }

  taskDone(): void {
    if (this.#unfinished === 0) {
      throw new RangeError('taskDone() was called more often than items were put into the queue.')
    }
    this.#unfinished -= 1
    if (this.#unfinished > 0) return
    for (const { waiter } of this.#joiners.clear()) waiter.done()
  }

  count(): Promise<number> {
    return Promise.resolve(this.size)
  }

  /** Takes what another store had before: the queue was made in a worker, and its truth is here from now on. */
  takeOver(items: readonly T[], unfinished: number): void {
    this.#unfinished += unfinished
    for (const item of items) this.#hand(item, () => this.#items.push(item))
  }

  /** The items, in their order. */
  snapshot(): T[] {
    return this.#items.toArray()
  }

  /** Has all who wait here wait there. */
  moveTo(source: QueueSource<T>): void {
    const move = <V, W>(entry: WaitEntry<V, W>, wait: (waiter: QueueWaiter<V>) => CancelWait | undefined): void => {
      entry.cancel = wait(entry.waiter) ?? (() => undefined)
    }
    for (const place of this.#getters.clear()) move(place, (waiter) => source.get(waiter, true))
    for (const place of this.#putters.clear()) move(place, (waiter) => source.put(place.item, waiter, true))
    for (const place of this.#joiners.clear()) move(place, (waiter) => source.join(waiter, true))
    for (const place of this.#watchers.clear()) move(place, (waiter) => source.ready(waiter, true))
  }

  /** To the first who waits for an item, else to where `keep` puts it. */
  #hand(item: T, keep: () => void): void {
    const getter = this.#getters.shift()
    if (getter) {
      getter.waiter.done(item)
      return
    }
    keep()
    for (const { waiter } of this.#watchers.clear()) waiter.done()
  }

  /** Room is free: the first putter's item comes in. */
  #admit(): void {
    while (!this.#isFull()) {
      const putter = this.#putters.shift()
      if (!putter) return
      this.putNowait(putter.item)
      putter.waiter.done()
    }
  }

  #isFull(): boolean {
    return this.maxSize > 0 && this.size >= this.maxSize
  }
}

function waitIn<T, W>(
  queue: WaitQueue<T, W>,
  waiter: QueueWaiter<T>,
  wanted: W,
  patient: boolean,
): CancelWait | undefined {
  if (patient) return queue.enter(waiter, wanted)
  waiter.unavailable()
  return undefined
}
