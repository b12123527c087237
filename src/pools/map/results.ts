/** The results of a `map` on their way from the calls to the consumer, in order. */

/** The outcome of one element. */
export interface Element {
  state: 'open' | 'done' | 'failed'
  value: unknown
}

/** The results of `map`, in the order of the elements. `next()` rejects for a failed element, and the iteration goes on. */
export interface MapResults<T> extends AsyncIterableIterator<T> {
  next(): Promise<IteratorResult<T, undefined>>
  /**
   * Reads the rest into an array. Like `for await`, it stops at the first failed element and cancels nothing: read on
   * with `next()`, or drop the rest with `map.cancel()`.
   *
   * @throws the error of the first failed element
   */
  toArray(): Promise<T[]>
}

interface PendingNext {
  resolve(step: IteratorResult<unknown, undefined>): void
  reject(error: unknown): void
  /** Keeps the reader from being collected while it waits. */
  readonly reader: ResultReader
}

/**
 * The iterator that the consumer holds. The map refers to the {@link ResultQueue} and not to this object, so this object
 * is collected when the consumer drops it.
 */
export class ResultReader implements MapResults<unknown> {
  readonly #queue: ResultQueue

  constructor(queue: ResultQueue) {
    this.#queue = queue
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    return this.#queue.next(this)
  }

  /** Ends the iteration and cancels the rest of the map. */
  return(): Promise<IteratorResult<unknown, undefined>> {
    this.#queue.close()
    return Promise.resolve({ done: true, value: undefined })
  }

  async toArray(): Promise<unknown[]> {
    const values: unknown[] = []
    for await (const value of this) values.push(value)
    return values
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

/**
 * Whether the results are read.
 *
 *   None ──next()──► Attached ──an element failed──► MayHaveLeft ──next()──► Attached
 *
 * After a failed element the reader may have left: `for await` leaves its loop without a call of `return()`.
 */
export const enum ReaderState {
  None,
  Attached,
  MayHaveLeft,
}

/**
 *   Open ──┬──────── the iterables have ended ──────────┬──► Ended: the last element is followed by the end
 *          └── an iterable threw ──► Failed ──reported──┘
 */
const enum QueueState {
  Open,
  Failed,
  Ended,
}

/**
 * The elements between their source and the consumer. Delivered elements are dropped.
 *
 *   ◄─ delivered ─┤ done │ done │ open │ done │ open ├─ not taken yet ─►
 *                 ▲ next() waits for this one
 */
export class ResultQueue {
  readonly #consumed: () => void
  readonly #stop: () => void
  #elements: Element[] = []
  #head = 0
  #waiting: PendingNext[] = []
  #reader = ReaderState.None
  #state = QueueState.Open
  /** The error to report in the state Failed. */
  #error: unknown

  /** @param hooks `consumed`: an element was delivered; `stop`: the consumer has ended the iteration */
  constructor(hooks: { consumed: () => void; stop: () => void }) {
    this.#consumed = hooks.consumed
    this.#stop = hooks.stop
  }

  get reader(): ReaderState {
    return this.#reader
  }

  /** Number of elements that were added and not delivered. */
  get size(): number {
    return this.#elements.length - this.#head
  }

  add(): Element {
    const element: Element = { state: 'open', value: undefined }
    this.#elements.push(element)
    return element
  }

  /** @returns `false` if the element was settled before */
  settle(element: Element, state: 'done' | 'failed', value: unknown): boolean {
    if (element.state !== 'open') return false
    element.state = state
    element.value = value
    if (this.#waiting.length > 0 && this.#elements[this.#head] === element) this.#deliver()
    return true
  }

  /** No elements will be added. */
  end(): void {
    if (this.#state === QueueState.Open) this.#state = QueueState.Ended
    this.#deliver()
  }

  /** No elements will be added, because of `error`: it is reported once, after the last element. */
  fail(error: unknown): void {
    if (this.#state === QueueState.Open) {
      this.#state = QueueState.Failed
      this.#error = error
    }
    this.#deliver()
  }

  next(reader: ResultReader): Promise<IteratorResult<unknown, undefined>> {
    this.#reader = ReaderState.Attached
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject, reader })
      this.#deliver()
    })
  }

  /** Drops what was not delivered and ends. */
  close(): void {
    this.#stop()
    this.#state = QueueState.Ended
    this.#elements = []
    this.#head = 0
    this.#deliver()
  }

  #deliver(): void {
    while (this.#waiting.length > 0) {
      const element = this.#elements[this.#head]
      if (element ? element.state === 'open' : this.#state === QueueState.Open) return
      const next = this.#waiting.shift() as PendingNext
      if (element) this.#give(element, next)
      else this.#finish(next)
    }
  }

  #give(element: Element, next: PendingNext): void {
    this.#elements[this.#head++] = undefined as never
    if (this.#head > 1024 && this.#head * 2 > this.#elements.length) {
      this.#elements = this.#elements.slice(this.#head)
      this.#head = 0
    }
    if (element.state === 'failed') this.#fail(next, element.value)
    else next.resolve({ done: false, value: element.value })
    this.#consumed()
  }

  #fail(next: PendingNext, error: unknown): void {
    this.#reader = this.#waiting.length > 0 ? ReaderState.Attached : ReaderState.MayHaveLeft
    next.reject(error)
  }

  #finish(next: PendingNext): void {
    if (this.#state === QueueState.Failed) {
      this.#state = QueueState.Ended
      next.reject(this.#error)
    } else next.resolve({ done: true, value: undefined })
  }
}
