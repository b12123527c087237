import type { Call } from '../dispatch/call'
import type { CallerStack } from '../dispatch/caller-stack'
import type { Dispatcher } from '../dispatch/dispatcher'
import { PebbleError } from '../errors'
import { abandonWith, type Abandonable } from '../utils/abandoned'
import { atCaller } from '../utils/user-frames'
import { STREAM_AHEAD } from '../wire/messages'

/** How long a body may take to its next `yield` once its consumer has had enough, in ms; then its worker is stopped. */
const PATIENCE = 1000

interface StreamingCall {
  readonly call: Call
  readonly dispatcher: Dispatcher
}

type Start = (onItem: (value: unknown) => void) => StreamingCall

/** The consumer's end of a stream. The body starts with the first `next()`, as that of any generator does. */
export function readStream(caller: CallerStack | undefined, start: Start): AsyncGenerator<unknown> {
  return new StreamReader(caller, start)
}

/**
 * What the consumer holds. The call holds its {@link Stream} and not this object, so that it is collected when the
 * consumer drops it without `return()`; then the stream ends. A `next()` that waits holds it.
 */
class StreamReader implements AsyncIterator<unknown> {
  readonly #caller: CallerStack | undefined
  readonly #start: Start
  #stream: Stream | undefined
  /** The chain of `next()`: they are answered in the order in which they were asked. */
  #turn: Promise<unknown> = Promise.resolve()
  #returned = false

  constructor(caller: CallerStack | undefined, start: Start) {
    this.#caller = caller
    this.#start = start
  }

  next(): Promise<IteratorResult<unknown>> {
    const turn = this.#turn.then(() => this.#next())
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  /** The consumer has had enough: the body returns at its next `yield`, or is stopped. */
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
    while (stream.waits) {
      await stream.news()
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

  /** A generator that has thrown is over: what failed to start is not tried again. */
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
  readonly #dispatcher: Dispatcher
  readonly #values: unknown[] = []
  /** Values that the body may still yield without being asked for more. */
  #credit = STREAM_AHEAD
  #wake: () => void = () => undefined
  #ended = false

  constructor(start: Start) {
    const { call, dispatcher } = start((value) => this.#came(value))
    this.#call = call
    this.#dispatcher = dispatcher
    call.future.markHandled() // `next()` tells of its failure
    call.future.whenDone(() => this.#wake())
  }

  get size(): number {
    return this.#values.length
  }

  /** Neither a value is there nor the outcome. */
  get waits(): boolean {
    return this.#values.length === 0 && !this.#call.future.done()
  }

  get outcome(): Promise<unknown> {
    return this.#call.future
  }

  /** Resolves when a value, the outcome or the end has come. */
  news(): Promise<void> {
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

  /** No more values are wanted. */
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

  #came(value: unknown): void {
    if (this.#ended) return
    this.#values.push(value)
    this.#wake()
  }

  /** Tops the body's credit up, half of it at a time. */
  #pull(): void {
    if (this.#credit > STREAM_AHEAD / 2) return
    const count = STREAM_AHEAD - this.#credit
    if (this.#dispatcher.tell(this.#call, (sequence) => ({ type: 'pull', sequence, count }))) this.#credit += count
  }
}
