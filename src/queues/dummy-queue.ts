import type { CancelWait, WaitHandler } from '../utils/limited-wait'
import { show } from '../utils/options'
import { registerSerializable } from '../wire/serializable'
import { LocalSource } from './local-source'
import { Queue } from './queue'

/**
 * A queue that keeps nothing: an item that is put is passed to the callback, if there is one, and dropped. It serves as
 * the outbox of a pool whose results are not needed, or as an errbox that logs. The `DummyQueue` of Python's `workers`.
 *
 * What the callback throws rejects the `put`. In a worker it is a queue like any other, and the callback runs in the
 * program's own thread.
 *
 * @throws {TypeError} if `callback` is not a function
 * @example
 * const pool = new WorkerPool(8, { outbox: new DummyQueue(), errbox: new DummyQueue(console.error) })
 */
export class DummyQueue<T = unknown> extends Queue<T> {
  constructor(callback?: (item: T) => void) {
    if (callback !== undefined && typeof callback !== 'function') {
      throw new TypeError(`Expected the callback of a DummyQueue to be a function, got ${show(callback)}`)
    }
    super(0, new DroppingSource<T>(callback))
  }

  static {
    registerSerializable('pebble-ts:DummyQueue', this)
  }
}

class DroppingSource<T> extends LocalSource<T> {
  readonly #callback: ((item: T) => void) | undefined

  constructor(callback: ((item: T) => void) | undefined) {
    super(0)
    this.#callback = callback
  }

  override put(item: T, handler: WaitHandler<void>): CancelWait | undefined {
    try {
      this.putNowait(item)
      handler.done()
    } catch (error) {
      handler.failed(error)
    }
    return undefined
  }

  override putNowait(item: T): void {
    this.#callback?.(item)
  }
}
