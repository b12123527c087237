import { deserialize, registerSerializable, serialize } from '../wire/serializable'
import { checkOption, either, matching, nonNegativeInteger } from '../utils/options'
import { offerService } from '../registry/services'
import { shared } from '../registry/shared'
import { decodeQueue, decodeInParent, encodeQueue, type QueueRef } from './queue-codec'
import { QueueService } from './queue-service'
import { waitWithLimits, type WaitLimits, type WaitDescription } from './wait-with-limits'
import { SERVICE } from './remote-source'
import type { QueueSource } from './queue-source'
import { LocalSource } from './local-source'

const GET: WaitDescription = { where: 'get()', missing: 'There was no item in the queue' }
const PUT: WaitDescription = { where: 'put()', missing: 'There was no room in the queue' }
export const JOIN: WaitDescription = { where: 'join()', missing: 'The items of the queue were not done' }

const sizeRule = either(
  nonNegativeInteger,
  matching('Infinity', (value) => value === Infinity),
)

/**
 * A queue, first in, first out, with a limit or without one. Python's `queue.Queue`.
 *
 * It may be passed to bodies in threads and processes, as an argument or in a field of `this`, and is the same queue
 * there: its items stay in the program's own thread, and copies of them travel. Who waits is served in the order of
 * coming, wherever it waits. What a worker took and did not get, because it died, is at the head again.
 *
 * In a worker, {@link size}, {@link empty} and {@link full} say what was last heard of the queue, and
 * {@link getNowait} and {@link putNowait} do not work; `count()` asks.
 *
 * @throws {TypeError} `maxSize` is no number, {@link RangeError} it is negative or no integer
 * @example
 * const queue = new Queue<string>(10)
 * await queue.put('a')
 * const item = await queue.get({ timeout: 1_000 })
 */
export class Queue<T = unknown> {
  #source: QueueSource<T>

  /** @param maxSize items that it holds at the most. Default: 0, no limit */
  constructor(maxSize?: number)
  /** @internal */
  constructor(maxSize: number | undefined, source: QueueSource<T>)
  constructor(maxSize = 0, source?: QueueSource<T>) {
    checkOption('maxSize', maxSize, sizeRule)
    this.#source = source ?? new LocalSource<T>(maxSize)
  }

  /** Items that it holds at the most; 0 or Infinity: no limit. */
  get maxSize(): number {
    return this.#source.maxSize
  }

  /** How many items there are. In a worker: when it last heard of them. */
  get size(): number {
    return this.#source.size
  }

  /** Whether there is no item. In a worker: when it last heard of them. */
  get empty(): boolean {
    return this.size === 0
  }

  /** Whether there is no room. In a worker: when it last heard of it. */
  get full(): boolean {
    return this.maxSize > 0 && this.size >= this.maxSize
  }

  /** How many items there are, in a worker as well. */
  count(): Promise<number> {
    return this.#source.count()
  }

  /**
   * Puts an item at the end, once there is room.
   *
   * **Cancelling:** by `signal`, or at `timeout` ms; the item is then not in the queue. In a worker the wait may end a
   * little later: the program's own thread has the word, and where it let the item in at the last moment, the put succeeds.
   *
   * @throws {TimeoutError} there was no room for `timeout` ms; {@link CancelledError} `signal` aborted;
   * {@link SerializationError} in a worker: the item cannot cross
   */
  put(item: T, limits?: WaitLimits): Promise<void> {
    return waitWithLimits<void>(PUT, limits, (waiter, patient) => this.#source.put(item, waiter, patient))
  }

  /**
   * Takes the first item, once there is one.
   *
   * **Cancelling:** by `signal`, or at `timeout` ms; no item is lost by it.
   *
   * @throws {TimeoutError} there was no item for `timeout` ms; {@link CancelledError} `signal` aborted
   */
  get(limits?: WaitLimits): Promise<T> {
    return waitWithLimits<T>(GET, limits, (waiter, patient) => this.#source.get(waiter, patient))
  }

  /**
   * Puts an item at the end, now.
   *
   * @throws {QueueFull} there is no room; {@link PebbleError} this is a worker: use `put(item, { timeout: 0 })` there
   */
  putNowait(item: T): void {
    this.#source.putNowait(item)
  }

  /**
   * Takes the first item, now.
   *
   * @throws {QueueEmpty} there is none; {@link PebbleError} this is a worker: use `get({ timeout: 0 })` there
   */
  getNowait(): T {
    return this.#source.getNowait()
  }

  /**
   * Says that what was to be done about one item that was taken is done: {@link join} waits for as many as were put.
   *
   * @throws {RangeError} it was called more often than items were put. In a worker this fails the call that runs
   */
  taskDone(): void {
    this.#source.taskDone()
  }

  /**
   * Waits until every item that was put has been taken and told to be done.
   *
   * **Cancelling:** by `signal`, or at `timeout` ms; the items are not affected.
   *
   * @throws {TimeoutError} they were not for `timeout` ms; {@link CancelledError} `signal` aborted
   */
  join(limits?: WaitLimits): Promise<void> {
    return waitWithLimits<void>(JOIN, limits, (waiter, patient) => this.#source.join(waiter, patient))
  }

  /** Where the items are. @internal */
  get source(): QueueSource<T> {
    return this.#source
  }

  /** Its truth is elsewhere from now on. @internal */
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

/** Makes the queues' desk known to workers; often is as good as once. */
export function offerQueueService(): void {
  offerService(
    SERVICE,
    shared('queues.desk', () => new QueueService((id, maxSize) => decodeInParent({ id, maxSize }, createQueue))),
  )
}

function createQueue(source: QueueSource<never>): Queue {
  return new Queue(source.maxSize, source)
}
