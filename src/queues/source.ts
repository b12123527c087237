/** Who waits at a queue. One of the three is called, once; none after a cancellation that says so. */
export interface Waiter<T> {
  done(value: T): void
  /** It is not to be had at once, and the waiter is not patient. */
  none(): void
  failed(error: unknown): void
}

/** Ends a wait; `refused` is called as soon as it is sure that it was in vain. Else the waiter is done after all. */
export type Cancel = (refused: () => void) => void

/** Where the items are: here, or at the program's own thread. What waits returns how to cancel it, where it waits. */
export interface Source<T> {
  readonly maxSize: number
  /** In a worker: when it was last heard of. */
  readonly size: number
  get(waiter: Waiter<T>, patient: boolean): Cancel | undefined
  put(item: T, waiter: Waiter<void>, patient: boolean): Cancel | undefined
  /** Waits for all items to be done. */
  join(waiter: Waiter<void>, patient: boolean): Cancel | undefined
  /** Waits for the queue not to be empty. */
  ready(waiter: Waiter<void>, patient: boolean): Cancel | undefined
  getNowait(): T
  putNowait(item: T): void
  taskDone(): void
  count(): Promise<number>
}
