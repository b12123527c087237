/**
 * The consumer's end of a stream: the values that an async generator yields in a worker.
 *
 *   consumer ── next() ──► StreamReader ──► Stream ── pull: more credit ──► body
 *                                             ▲                              │
 *                                             └────────── items ─────────────┘
 */
import type { Call } from '../dispatch/call'
import type { CallerStack } from '../dispatch/caller-stack'
import type { PoolDispatcher } from '../dispatch/pool-dispatcher'
import { PebbleError } from '../errors'
import { abandonWith, type Abandonable } from '../utils/abandoned'
import { atCaller } from '../utils/user-frames'
import { STREAM_AHEAD } from '../wire/messages'

/** Time in ms until the body must reach its next `yield` after the consumer has left; then its worker is stopped. */
const PATIENCE = 1000

export interface StreamingCall {
  readonly call: Call
  readonly dispatcher: PoolDispatcher
}

type Start = (onItem: (value: unknown) => void) => StreamingCall

/** Reads a stream. As with any generator, the body starts with the first `next()`. */
export function readStream(caller: CallerStack | undefined, start: Start): AsyncGenerator<unknown> {
  return new StreamReader(caller, start)
}

/**
 * The object that the consumer holds. The call refers to its {@link Stream} and not to this object. So this object is
 * collected when the consumer drops it without `return()`, and then the stream ends. A pending `next()` keeps it alive.
 */
class StreamReader implements AsyncIterator<unknown> {
  readonly #caller: CallerStack | undefined
  readonly #start: Start
  #stream: Stream | undefined
  /** Chains the calls of `next()`: they are answered in the order in which they were made. */
  #lastNext: Promise<unknown> = Promise.resolve()
  #returned = false

  constructor(caller: CallerStack | undefined, start: Start) {
    this.#caller = caller
    this.#start = start
  }

  next(): Promise<IteratorResult<unknown>> {
    const next = this.#lastNext.then(() => this.#next())
    this.#lastNext = next.catch(() => undefined)
    return next
  }

  /** Ends the stream early: the body returns at its next `yield`, or is stopped. */
  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    this.#returned = true
    await this.#stream?.end()
    return { done: true, value }
  }

  async throw(error?: unknown): Promise<IteratorResult<unknown>> {
    await this.return()
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  async #next(): Promise<IteratorResult<unknown>> {
    if (this.#returned) return { done: true, value: undefined }
    const stream = (this.#stream ??= this.#open())
    while (stream.isEmpty) {
      await stream.change()
      if (this.#returned) return { done: true, value: undefined }
    }
    if (stream.size > 0) return { done: false, value: stream.take() }
    const value = await stream.outcome
    this.#returned = true
    return { done: true, value }
  }

  #open(): Stream {
    const stream = this.#startOnce()
    abandonWith(this, stream)
    return stream
  }

  /** A start that failed is not tried again: a generator that has thrown is finished. */
  #startOnce(): Stream {
    try {
      return new Stream(this.#start)
    } catch (error) {
      this.#returned = true
      if (error instanceof PebbleError) atCaller(error, this.#caller)
      throw error
    }
  }
}

/** The call of a stream, and the values that were not read yet. */
class Stream implements Abandonable {
  readonly #call: Call
  readonly #dispatcher: PoolDispatcher
  readonly #values: unknown[] = []
  /** Number of values that the body may yield before it must wait for `pull`. */
  #credit = STREAM_AHEAD
  #wake: () => void = () => undefined
  #ended = false

  constructor(start: Start) {
    const { call, dispatcher } = start((value) => this.#received(value))
    this.#call = call
    this.#dispatcher = dispatcher
    call.future.markHandled() // `next()` reports its failure
    call.future.whenDone(() => this.#wake())
  }

  get size(): number {
    return this.#values.length
  }

  /** Whether there is neither a value nor the outcome. */
  get isEmpty(): boolean {
    return this.#values.length === 0 && !this.#call.future.done()
  }

  get outcome(): Promise<unknown> {
    return this.#call.future
  }

  /** Resolves when a value or the outcome arrives, or the stream is ended. */
  change(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }

  take(): unknown {
    this.#credit -= 1
    const value = this.#values.shift()
    this.#pull()
    return value
  }

  abandon(): void {
    void this.end()
  }

  /** Drops unread values and ends the body. */
  async end(): Promise<void> {
    this.#ended = true
    this.#values.length = 0
    if (this.#call.future.done()) return
    this.#wake()
    if (!this.#call.running()) {
      this.#call.cancel()
      return
    }
    this.#dispatcher.tell(this.#call, (sequence) => ({ type: 'return', sequence }))
    await this.#call.future.result(PATIENCE).catch(() => this.#call.cancel())
  }

  #received(value: unknown): void {
    if (this.#ended) return
    this.#values.push(value)
    this.#wake()
  }

  /** Restores the body's credit once half of it is used. */
  #pull(): void {
    if (this.#credit > STREAM_AHEAD / 2) return
    const count = STREAM_AHEAD - this.#credit
    if (this.#dispatcher.tell(this.#call, (sequence) => ({ type: 'pull', sequence, count }))) this.#credit += count
  }
}
