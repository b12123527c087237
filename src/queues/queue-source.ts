import type { CancelWait, WaitHandler } from '../utils/limited-wait'

/**
 * Where the items of a queue are: here (`LocalSource`), or in the program's own thread (`RemoteSource`). The methods
 * that may wait return how to cancel the wait, or undefined if it has ended already. If `mayWait` is false they do not
 * wait.
 */
export interface QueueSource<T> {
  readonly maxSize: number
  /** In a worker: the last known size. */
  readonly size: number
  get(handler: WaitHandler<T>, mayWait: boolean): CancelWait | undefined
  put(item: T, handler: WaitHandler<void>, mayWait: boolean): CancelWait | undefined
  /** Waits until all items are done. */
  join(handler: WaitHandler<void>, mayWait: boolean): CancelWait | undefined
  /** Waits until the queue is not empty. */
  ready(handler: WaitHandler<void>, mayWait: boolean): CancelWait | undefined
  getNowait(): T
  putNowait(item: T): void
  taskDone(): void
  count(): Promise<number>
}
