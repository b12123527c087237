import { show } from '../utils/options'
import { registerSerializable } from '../wire/serializable'
import { Queue } from './queue'
import type { CancelWait, QueueWaiter } from './queue-source'
import { LocalSource } from './local-source'

/**
 * A queue that keeps nothing: what is put is handed to the callback, if there is one, and is gone. For the outbox of a
 * pool whose results nobody wants, or whose errors go to a log.
 *
 * What the callback throws rejects the `put`. In workers it is a queue like any other, and the callback runs in the
 * program's own thread.
 *
 * @throws {TypeError} `callback` is no function
 * @example
 * const pool = new WorkerPool(8, { outbox: new DummyQueue(), errbox: new DummyQueue(console.error) })
 */
export class DummyQueue<T = unknown> extends Queue<T> {
  constructor(callback?: (item: T) => void) {
    if (callback !== undefined && typeof callback !== 'function') {
      throw new TypeError(`Expected the callback of a DummyQueue to be a function, got ${show(callback)}`)
    }
    super(0, new Sink<T>(callback))
  }

  static {
    registerSerializable('pebble-ts:DummyQueue', this)
  }
}

class Sink<T> extends LocalSource<T> {
  readonly #callback: ((item: T) => void) | undefined

  constructor(callback: ((item: T) => void) | undefined) {
    super(0)
    this.#callback = callback
  }

  override put(item: T, waiter: QueueWaiter<void>): CancelWait | undefined {
    try {
      this.putNowait(item)
      waiter.done()
    } catch (error) {
      waiter.failed(error)
    }
    return undefined
  }

  override putNowait(item: T): void {
    this.#callback?.(item)
  }
}
