/**
 * Queues: the items and the waits of a queue are in the program's own thread; elsewhere a queue asks for them.
 *
 * A `get` in a worker:
 *
 *   worker                                           program's own thread
 *   Queue ──► RemoteSource ── request (id) ────────► QueueService ──► LocalSource: items, waits
 *                 │ ◄──────── response (item) ──────────── grant ◄──────────┘
 *                 ├────────── accept ──────────────► the item is the worker's
 *                 └────────── end, or exit ────────► the item returns to the head of the queue
 *
 * - `queue-codec.ts`, `queue-registry.ts`: how a queue is sent, and how long it is known.
 * - `local-source.ts` (`items.ts`, `wait-queue.ts`), `remote-source.ts`, `queue-service.ts`: the two sides.
 * - `queue-wait.ts`: one wait, and what ends it. `wait-for-queues.ts`, `wait-for-threads.ts`: waits for one of several.
 */
import { offerService } from '../registry/services'
import { shared } from '../registry/shared'
import type { WaitLimits } from '../utils/limited-wait'
import { checkOption, either, matching, nonNegativeInteger } from '../utils/options'
import { deserialize, registerSerializable, serialize } from '../wire/serializable'
import { LocalSource } from './local-source'
import { decodeInParent, decodeQueue, encodeQueue, type QueueRef } from './queue-codec'
import { QueueService } from './queue-service'
import type { QueueSource } from './queue-source'
import { waitWithLimits, type WaitDescription } from './queue-wait'
import { QUEUE_SERVICE } from './remote-source'

const GET: WaitDescription = { where: 'get()', missing: 'There was no item in the queue' }
const PUT: WaitDescription = { where: 'put()', missing: 'There was no room in the queue' }
export const JOIN: WaitDescription = { where: 'join()', missing: 'The items of the queue were not done' }

const sizeRule = either(
  nonNegativeInteger,
  matching('Infinity', (value) => value === Infinity),
)

/**
 * A queue, first in, first out, with or without a limit of its size. Python's `queue.Queue`.
 *
 * A queue may be passed to bodies in threads and processes, as an argument or in a field of `this`, and is the same
 * queue there. Its items stay in the program's own thread, and copies of them are sent. Waits are served first come,
 * first served, wherever they wait. If a worker dies before an item has arrived, the item returns to the head of the
 * queue.
 *
 * In a worker, {@link size}, {@link empty} and {@link full} are the last known values, and {@link getNowait} and
 * {@link putNowait} throw. `count()` is exact.
 *
 * @throws {TypeError} if `maxSize` is not a number; {@link RangeError} if it is negative or not an integer
 * @example
 * const queue = new Queue<string>(10)
 * await queue.put('a')
 * const item = await queue.get({ timeout: 1_000 })
 */
export class Queue<T = unknown> {
  #source: QueueSource<T>

  /** @param maxSize how many items it holds at most. Default: 0, no limit. Python's `maxsize` */
  constructor(maxSize?: number)
  /** @internal */
  constructor(maxSize: number | undefined, source: QueueSource<T>)
  constructor(maxSize = 0, source?: QueueSource<T>) {
    checkOption('maxSize', maxSize, sizeRule)
    this.#source = source ?? new LocalSource<T>(maxSize)
  }

  /** How many items the queue holds at most; 0 or Infinity: no limit. */
  get maxSize(): number {
    return this.#source.maxSize
  }

  /** How many items there are. In a worker: the last known number. Python's `qsize`. */
  get size(): number {
    return this.#source.size
  }

  /** Whether there is no item. In a worker: by the last known size. */
  get empty(): boolean {
    return this.size === 0
  }

  /** Whether there is no room. In a worker: by the last known size. */
  get full(): boolean {
    return this.maxSize > 0 && this.size >= this.maxSize
  }

  /** How many items there are; exact, in a worker as well. */
  count(): Promise<number> {
    return this.#source.count()
  }

  /**
   * Puts an item at the end, as soon as there is room. Python's `put`, with `timeout` in ms.
   *
   * **Cancelling:** `timeout` (ms; default: none; 0: do not wait) or `signal` ends the wait, and so does the end of the
   * call whose body waits. The item is then not in the queue. In a worker, the promise rejects when the program's own
   * thread has confirmed that. If the item entered the queue in the meantime, the promise resolves.
   *
   * @throws {TimeoutError} if there was no room for `timeout` ms; {@link CancelledError} if `signal` aborted;
   * {@link SerializationError} in a worker, if the item cannot be sent
   */
  put(item: T, limits?: WaitLimits): Promise<void> {
    return waitWithLimits<void>(PUT, limits, (handler, mayWait) => this.#source.put(item, handler, mayWait))
  }

  /**
   * Takes the first item, as soon as there is one. Python's `get`, with `timeout` in ms.
   *
   * **Cancelling:** as in {@link put}. No item is lost.
   *
   * @throws {TimeoutError} if there was no item for `timeout` ms; {@link CancelledError} if `signal` aborted
   */
  get(limits?: WaitLimits): Promise<T> {
    return waitWithLimits<T>(GET, limits, (handler, mayWait) => this.#source.get(handler, mayWait))
  }

  /**
   * Puts an item at the end, without waiting. Python's `put_nowait`.
   *
   * @throws {QueueFull} if there is no room; {@link PebbleError} in a worker: use `put(item, { timeout: 0 })` there
   */
  putNowait(item: T): void {
    this.#source.putNowait(item)
  }

  /**
   * Takes the first item, without waiting. Python's `get_nowait`.
   *
   * @throws {QueueEmpty} if there is no item; {@link PebbleError} in a worker: use `get({ timeout: 0 })` there
   */
  getNowait(): T {
    return this.#source.getNowait()
  }

  /**
   * Marks one item that was taken as done. {@link join} waits for as many as were put. Python's `task_done`.
   *
   * @throws {RangeError} if it is called more often than items were put. In a worker, this fails the running call
   */
  taskDone(): void {
    this.#source.taskDone()
  }

  /**
   * Waits until every item that was put has been taken and marked as done. Python's `join`.
   *
   * **Cancelling:** as in {@link put}. The items are not affected.
   *
   * @throws {TimeoutError} if they were not done for `timeout` ms; {@link CancelledError} if `signal` aborted
   */
  join(limits?: WaitLimits): Promise<void> {
    return waitWithLimits<void>(JOIN, limits, (handler, mayWait) => this.#source.join(handler, mayWait))
  }

  /** Where the items are. @internal */
  get source(): QueueSource<T> {
    return this.#source
  }

  /** The items are elsewhere from now on. @internal */
  moveTo(source: QueueSource<T>): void {
    this.#source = source
  }

  /** @internal */
  [serialize](): QueueRef {
    return encodeQueue(this)
  }

  /** @internal */
  static [deserialize](ref: QueueRef): Queue {
    return decodeQueue(ref, createQueue)
  }

  static {
    registerSerializable('pebble-ts:Queue', this)
  }
}

/** Offers the service to workers. A second call has no effect. */
export function offerQueueService(): void {
  offerService(
    QUEUE_SERVICE,
    shared('queues.service', () => new QueueService((id, maxSize) => decodeInParent({ id, maxSize }, createQueue))),
  )
}

function createQueue(source: QueueSource<never>): Queue {
  return new Queue(source.maxSize, source)
}
