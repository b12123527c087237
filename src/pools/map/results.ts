/** Holds the results of a `map`, in order, from the calls to the consumer. */

/** The outcome of an element that has none yet. */
const OPEN = Symbol('open')
/** The outcome of an element that has failed. Its error is in a map. */
const FAILED = Symbol('failed')

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
    for (;;) {
      this.#queue.takeReady(values)
      const step = await this.next()
      if (step.done === true) return values
      values.push(step.value)
    }
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
 * After a failed element the reader may have left: then `for await` ends without a call of `return()`.
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
 * The elements that were taken from the iterables and not delivered to the consumer. An element is named by its index in
 * the map. Its outcome is a plain value in an array, so that a run of results is settled in one go.
 *
 *   ◄─ delivered ─┤ value │ FAILED │ OPEN │ value │ OPEN ├─ not taken yet ─►
 *                 ▲ #head                                ▲ #end
 *                 next() gives this one, or waits for it
 *
 * The array is a ring buffer that grows: an element is at its index modulo the length, which is a power of two.
 */
export class ResultQueue {
  readonly #consumed: () => void
  readonly #roomAt: number
  readonly #stop: () => void
  #outcomes = new Array<unknown>(16).fill(undefined)
  #mask = 15
  /** The first element that was not delivered. */
  #head = 0
  /** The number of all elements that were added. */
  #end = 0
  /** The errors of failed elements, by their index in the map. */
  readonly #errors = new Map<number, unknown>()
  #waiting: PendingNext[] = []
  #reader = ReaderState.None
  #state = QueueState.Open
  #isClosed = false
  /** The error to report in the state Failed. */
  #error: unknown

  /**
   * @param hooks `consumed`: an element was delivered, and at most `roomAt` are left; `stop`: the consumer has ended the
   * iteration
   */
  constructor(hooks: { consumed: () => void; stop: () => void }, roomAt: number) {
    this.#roomAt = roomAt
    this.#consumed = hooks.consumed
    this.#stop = hooks.stop
  }

  get reader(): ReaderState {
    return this.#reader
  }

  /** Number of elements that were added and not delivered. */
  get size(): number {
    return this.#end - this.#head
  }

  /** Adds the next elements. */
  add(count = 1): void {
    while (this.size + count > this.#outcomes.length) this.#grow()
    for (const end = this.#end + count; this.#end < end; this.#end++) this.#outcomes[this.#end & this.#mask] = OPEN
  }

  /** Whether the element has no outcome yet. */
  isOpen(index: number): boolean {
    return index >= this.#head && this.#outcomes[index & this.#mask] === OPEN
  }

  /** @returns `false` if the element was settled before */
  finish(index: number, value: unknown): boolean {
    return this.#settle(index, this.#isClosed ? undefined : value)
  }

  /** @returns `false` if the element was settled before */
  failElement(index: number, error: unknown): boolean {
    if (!this.isOpen(index)) return false
    if (!this.#isClosed) this.#errors.set(index, error)
    return this.#settle(index, FAILED)
  }

  /**
   * Settles successive elements with their results.
   *
   * @returns how many of them were not settled before
   */
  finishRun(first: number, values: readonly unknown[]): number {
    const outcomes = this.#outcomes
    const mask = this.#mask
    let count = 0
    for (let n = Math.max(0, this.#head - first); n < values.length; n++) {
      const at = (first + n) & mask
      if (outcomes[at] !== OPEN) continue
      outcomes[at] = this.#isClosed ? undefined : values[n]
      count += 1
    }
    if (this.#waiting.length > 0) this.#deliver()
    return count
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
    if (this.#waiting.length === 0 && this.#hasNext) {
      const value = this.#outcomes[this.#head & this.#mask]
      if (value !== OPEN && value !== FAILED) {
        const step = Promise.resolve({ done: false as const, value })
        this.#advance()
        return step
      }
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject, reader })
      this.#deliver()
    })
  }

  /** Delivers values without a promise for each: up to an element that has no outcome yet, or has failed. */
  takeReady(values: unknown[]): void {
    while (this.#waiting.length === 0 && this.#hasNext) {
      const value = this.#outcomes[this.#head & this.#mask]
      if (value === OPEN || value === FAILED) return
      values.push(value)
      this.#advance()
    }
  }

  /** Drops what was not delivered and ends. */
  close(): void {
    this.#stop()
    this.#state = QueueState.Ended
    this.#isClosed = true
    this.#errors.clear()
    this.#outcomes = this.#outcomes.map((outcome) => (outcome === OPEN ? OPEN : undefined)) // still settled once each
    this.#deliver()
  }

  /** Whether an element is there to be delivered, or will be. */
  get #hasNext(): boolean {
    return this.#head < this.#end && !this.#isClosed
  }

  #settle(index: number, outcome: unknown): boolean {
    if (!this.isOpen(index)) return false
    this.#outcomes[index & this.#mask] = outcome
    if (this.#waiting.length > 0 && index === this.#head) this.#deliver()
    return true
  }

  #deliver(): void {
    while (this.#waiting.length > 0) {
      const isThere = this.#hasNext
      if (isThere ? this.#outcomes[this.#head & this.#mask] === OPEN : this.#state === QueueState.Open) return
      const next = this.#waiting.shift() as PendingNext
      if (isThere) this.#give(next)
      else this.#finish(next)
    }
  }

  #give(next: PendingNext): void {
    const value = this.#outcomes[this.#head & this.#mask]
    if (value === FAILED) this.#fail(next, this.#takeError())
    else next.resolve({ done: false, value })
    this.#advance()
  }

  #takeError(): unknown {
    const error = this.#errors.get(this.#head)
    this.#errors.delete(this.#head)
    return error
  }

  /** Drops the element at the head, which was delivered. */
  #advance(): void {
    this.#outcomes[this.#head++ & this.#mask] = undefined
    if (this.size <= this.#roomAt) this.#consumed()
  }

  #grow(): void {
    const mask = 2 * this.#mask + 1
    const larger = new Array<unknown>(mask + 1).fill(undefined)
    for (let index = this.#head; index < this.#end; index++) larger[index & mask] = this.#outcomes[index & this.#mask]
    this.#outcomes = larger
    this.#mask = mask
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
