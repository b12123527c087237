import type { Call } from '../dispatch/call'
import type { CallerStack } from '../dispatch/caller-stack'
import type { Dispatcher } from '../dispatch/dispatcher'
import { PebbleError } from '../errors'
import { atCaller } from '../utils/user-frames'
import { STREAM_AHEAD } from '../wire/messages'

/** How long a body may take to its next `yield` once its consumer has had enough, in ms; then its worker is stopped. */
const PATIENCE = 1000

interface StreamingCall {
  readonly call: Call
  readonly dispatcher: Dispatcher
}

/** The consumer's end of a stream. The body starts with the first `next()`, as that of any generator does. */
export function readStream(
  caller: CallerStack | undefined,
  start: (onItem: (value: unknown) => void) => StreamingCall,
): AsyncGenerator<unknown> {
  return new StreamReader(caller, start)
}

class StreamReader implements AsyncIterator<unknown> {
  readonly #caller: CallerStack | undefined
  readonly #start: (onItem: (value: unknown) => void) => StreamingCall
  readonly #values: unknown[] = []
  #stream: StreamingCall | undefined
  /** Values that the body may still yield without being asked for more. */
  #credit = STREAM_AHEAD
  #wake: () => void = () => undefined
  /** The chain of `next()`: they are answered in the order in which they were asked. */
  #turn: Promise<unknown> = Promise.resolve()
  #returned = false

  constructor(caller: CallerStack | undefined, start: (onItem: (value: unknown) => void) => StreamingCall) {
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
    this.#values.length = 0
    const stream = this.#stream
    if (stream && !stream.call.future.done()) await this.#end(stream)
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
    const { call, dispatcher } = (this.#stream ??= this.#open())
    while (this.#values.length === 0 && !call.future.done()) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
      if (this.#returned) return { done: true, value: undefined }
    }
    if (this.#values.length > 0) {
      this.#credit -= 1
      const value = this.#values.shift()
      this.#pull(call, dispatcher)
      return { done: false, value }
    }
    const value = await call.future
    this.#returned = true
    return { done: true, value }
  }

  #open(): StreamingCall {
    const stream = this.#startOnce((value) => {
      this.#values.push(value)
      this.#wake()
    })
    stream.call.future.markHandled() // `next()` tells of its failure
    stream.call.future.addDoneCallback(() => this.#wake())
    return stream
  }

  /** A generator that has thrown is over: what failed to start is not tried again. */
  #startOnce(onItem: (value: unknown) => void): StreamingCall {
    try {
      return this.#start(onItem)
    } catch (error) {
      this.#returned = true
      if (error instanceof PebbleError) atCaller(error, this.#caller)
      throw error
    }
  }

  /** Tops the body's credit up, half of it at a time. */
  #pull(call: Call, dispatcher: Dispatcher): void {
    if (this.#credit > STREAM_AHEAD / 2) return
    const count = STREAM_AHEAD - this.#credit
    if (dispatcher.tell(call, (sequence) => ({ type: 'pull', sequence, count }))) this.#credit += count
  }

  async #end({ call, dispatcher }: StreamingCall): Promise<void> {
    this.#wake()
    if (!call.running()) {
      call.cancel()
      return
    }
    dispatcher.tell(call, (sequence) => ({ type: 'return', sequence }))
    await call.future.result(PATIENCE).catch(() => call.cancel())
  }
}
