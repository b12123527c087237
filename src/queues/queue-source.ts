/** Who waits at a queue. One of the three is called, once; none after a cancellation that says so. */
export interface QueueWaiter<T> {
  done(value: T): void
  /** It is not to be had at once, and the waiter is not patient. */
  unavailable(): void
  failed(error: unknown): void
}

/** Ends a wait; `refused` is called as soon as it is sure that it was in vain. Else the waiter is done after all. */
export type CancelWait = (refused: () => void) => void

/** Where the items are: here, or at the program's own thread. What waits returns how to cancel it, where it waits. */
export interface QueueSource<T> {
  readonly maxSize: number
  /** In a worker: when it was last heard of. */
  readonly size: number
  get(waiter: QueueWaiter<T>, patient: boolean): CancelWait | undefined
  put(item: T, waiter: QueueWaiter<void>, patient: boolean): CancelWait | undefined
  /** Waits for all items to be done. */
  join(waiter: QueueWaiter<void>, patient: boolean): CancelWait | undefined
  /** Waits for the queue not to be empty. */
  ready(waiter: QueueWaiter<void>, patient: boolean): CancelWait | undefined
  getNowait(): T
  putNowait(item: T): void
  taskDone(): void
  count(): Promise<number>
}
