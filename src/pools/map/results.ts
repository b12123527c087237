/** What became of one element. */
export interface Element {
  state: 'open' | 'done' | 'failed'
  value: unknown
}

/** The results of `map`, in the order of the elements. `next()` rejects for a failed element, and the iteration goes on. */
export interface MapResults<T> extends AsyncIterableIterator<T> {
  next(): Promise<IteratorResult<T, undefined>>
  /**
   * Reads the rest into an array. Like `for await`, it ends at the first element that failed and cancels nothing: read on
   * by `next()`, or drop the rest by `map.cancel()`.
   *
   * @throws the error of the first element that failed
   */
  toArray(): Promise<T[]>
}

interface PendingNext {
  resolve(step: IteratorResult<unknown, undefined>): void
  reject(error: unknown): void
  /** Who waits is not dropped meanwhile. */
  readonly reader: ResultReader
}

/** What the consumer holds. The map holds the {@link ResultQueue} and not this object, which is collected when it is dropped. */
export class ResultReader implements MapResults<unknown> {
  readonly #queue: ResultQueue

  constructor(queue: ResultQueue) {
    this.#queue = queue
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    return this.#queue.next(this)
  }

  /** The consumer has had enough: what is left is cancelled. */
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
 * Elements between their source and their consumer, in order; delivered ones are forgotten.
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
  /** Somebody reads. After a failure that is not known: `for await` has left its loop, and said nothing. */
  hasReader = false
  /** Somebody has read, whether they still do or not. */
  wasRead = false
  /** No elements will be added; `error`: because their source failed. */
  #end: { readonly error?: unknown; failed: boolean } | undefined

  constructor(hooks: { consumed: () => void; stop: () => void }) {
    this.#consumed = hooks.consumed
    this.#stop = hooks.stop
  }

  /** Elements that were added and not delivered. */
  get size(): number {
    return this.#elements.length - this.#head
  }

  add(): Element {
    const element: Element = { state: 'open', value: undefined }
    this.#elements.push(element)
    return element
  }

  /** Settles an element, once. */
  settle(element: Element, state: 'done' | 'failed', value: unknown): boolean {
    if (element.state !== 'open') return false
    element.state = state
    element.value = value
    if (this.#waiting.length > 0 && this.#elements[this.#head] === element) this.#deliver()
    return true
  }

  end(failed: boolean, error?: unknown): void {
    this.#end ??= { failed, error }
    this.#deliver()
  }

  next(reader: ResultReader): Promise<IteratorResult<unknown, undefined>> {
    this.hasReader = this.wasRead = true
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject, reader })
      this.#deliver()
    })
  }

  /** Nobody wants what is left. */
  close(): void {
    this.#stop()
    this.#end = { failed: false }
    this.#elements = []
    this.#head = 0
    this.#deliver()
  }

  #deliver(): void {
    while (this.#waiting.length > 0) {
      const element = this.#elements[this.#head]
      if (element ? element.state === 'open' : !this.#end) return
      const waiter = this.#waiting.shift() as PendingNext
      if (element) this.#give(element, waiter)
      else this.#finish(waiter)
    }
  }

  #give(element: Element, waiter: PendingNext): void {
    this.#elements[this.#head++] = undefined as never
    if (this.#head > 1024 && this.#head * 2 > this.#elements.length) {
      this.#elements = this.#elements.slice(this.#head)
      this.#head = 0
    }
    if (element.state === 'failed') this.#fail(waiter, element.value)
    else waiter.resolve({ done: false, value: element.value })
    this.#consumed()
  }

  #fail(waiter: PendingNext, error: unknown): void {
    this.hasReader = this.#waiting.length > 0
    waiter.reject(error)
  }

  #finish(waiter: PendingNext): void {
    const end = this.#end as { readonly error?: unknown; failed: boolean }
    if (!end.failed) {
      waiter.resolve({ done: true, value: undefined })
      return
    }
    end.failed = false // told once; then the iteration is over
    waiter.reject(end.error)
  }
}
