import { QueueEmpty, QueueFull } from '../errors'
import type { CancelWait, WaitHandler } from '../utils/limited-wait'
import { Items } from './items'
import type { QueueSource } from './queue-source'
import { WaitQueue, type WaitEntry } from './wait-queue'

/**
 * The state of one queue: its items, and the waits for an item, for room, for the end of all items, for a first item.
 *
 * Waits are served in the order in which they came. If a `get` waits, a new item goes to the first one and never enters
 * the queue. If a `put` waits, free room goes to the first one.
 */
export class LocalSource<T> implements QueueSource<T> {
  readonly maxSize: number
  readonly #items = new Items<T>()
  readonly #getters = new WaitQueue<T>()
  readonly #putters = new WaitQueue<void, T>()
  readonly #joiners = new WaitQueue<void>()
  readonly #watchers = new WaitQueue<void>()
  /** Items that were put, and are not done yet. */
  #unfinished = 0

  /** @param maxSize 0 or Infinity: no limit */
  constructor(maxSize: number) {
    this.maxSize = maxSize
  }

  get size(): number {
    return this.#items.length
  }

  /** How many waits there are. */
  get waiting(): number {
    return this.#getters.length + this.#putters.length + this.#joiners.length + this.#watchers.length
  }

  get unfinished(): number {
    return this.#unfinished
  }

  get(handler: WaitHandler<T>, mayWait: boolean): CancelWait | undefined {
    if (this.size > 0) {
      handler.done(this.getNowait())
      return undefined
    }
    return enterOrRefuse(this.#getters, handler, undefined, mayWait)
  }

  put(item: T, handler: WaitHandler<void>, mayWait: boolean): CancelWait | undefined {
    if (this.#isFull()) return enterOrRefuse(this.#putters, handler, item, mayWait)
    this.putNowait(item)
    handler.done()
    return undefined
  }

  join(handler: WaitHandler<void>, mayWait: boolean): CancelWait | undefined {
    if (this.#unfinished > 0) return enterOrRefuse(this.#joiners, handler, undefined, mayWait)
    handler.done()
    return undefined
  }

  ready(handler: WaitHandler<void>, mayWait: boolean): CancelWait | undefined {
    if (this.size === 0) return enterOrRefuse(this.#watchers, handler, undefined, mayWait)
    handler.done()
    return undefined
  }

  getNowait(): T {
    if (this.size === 0) {
      throw new QueueEmpty('There is no item in the queue. Wait for one by `await queue.get()`.')
    }
    const item = this.#items.shift()
    this.#admitPutters()
    return item
  }

  putNowait(item: T): void {
    if (this.#isFull()) {
      throw new QueueFull(
        `There is no room in the queue (maxSize: ${this.maxSize}). Wait for some by \`await queue.put(item)\`.`,
      )
    }
    this.#unfinished += 1
    this.#handOver(item, () => this.#items.push(item))
  }

  /** Returns an item that was taken, and did not arrive, to the head of the queue. */
  giveBack(item: T): void {
    this.#handOver(item, () => this.#items.unshift(item))
  }

  taskDone(): void {
    if (this.#unfinished === 0) {
      throw new RangeError('taskDone() was called more often than items were put into the queue.')
    }
    this.#unfinished -= 1
    if (this.#unfinished > 0) return
    for (const { handler } of this.#joiners.clear()) handler.done()
  }

  count(): Promise<number> {
    return Promise.resolve(this.size)
  }

  /** Takes over the contents of a queue that was made in a worker and moves to this thread. */
  takeOver(items: readonly T[], unfinished: number): void {
    this.#unfinished += unfinished
    for (const item of items) this.#handOver(item, () => this.#items.push(item))
  }

  /** The items, in their order. */
  toArray(): T[] {
    return this.#items.toArray()
  }

  /** Moves all waits to another source. */
  moveTo(source: QueueSource<T>): void {
    const move = <V, W>(entry: WaitEntry<V, W>, wait: (handler: WaitHandler<V>) => CancelWait | undefined): void => {
      entry.cancel = wait(entry.handler) ?? (() => undefined)
    }
    for (const entry of this.#getters.clear()) move(entry, (handler) => source.get(handler, true))
    for (const entry of this.#putters.clear()) move(entry, (handler) => source.put(entry.item, handler, true))
    for (const entry of this.#joiners.clear()) move(entry, (handler) => source.join(handler, true))
    for (const entry of this.#watchers.clear()) move(entry, (handler) => source.ready(handler, true))
  }

  /** Gives the item to the first `get` that waits; otherwise `keep` stores it. */
  #handOver(item: T, keep: () => void): void {
    const getter = this.#getters.shift()
    if (getter) {
      getter.handler.done(item)
      return
    }
    keep()
    for (const { handler } of this.#watchers.clear()) handler.done()
  }

  /** Gives free room to the first `put` that waits. */
  #admitPutters(): void {
    while (!this.#isFull()) {
      const putter = this.#putters.shift()
      if (!putter) return
      this.putNowait(putter.item)
      putter.handler.done()
    }
  }

  #isFull(): boolean {
    return this.maxSize > 0 && this.size >= this.maxSize
  }
}

function enterOrRefuse<T, W>(
  queue: WaitQueue<T, W>,
  handler: WaitHandler<T>,
  item: W,
  mayWait: boolean,
): CancelWait | undefined {
  if (mayWait) return queue.enter(handler, item)
  handler.unavailable()
  return undefined
}
