import { STREAM_AHEAD } from '../wire/messages'

/** What a stream needs from its session. */
export interface StreamHost {
  /** Publishes an item. Throws if it cannot be sent. */
  emit(value: unknown): void
  /** Runs `fn` as the task of the stream, in its asynchronous context. */
  run<R>(fn: () => R): R
  /** The body waits for its consumer: its time limit does not run until `resume`. */
  pause(): void
  resume(): void
}

/** The worker's end of a stream: runs an async generator for as many items as its consumer has given credit for. */
export class WorkerStream {
  readonly #values: AsyncGenerator<unknown>
  readonly #host: StreamHost
  #credit = STREAM_AHEAD
  #stopped = false
  #wake: () => void = () => undefined

  constructor(values: AsyncGenerator<unknown>, host: StreamHost) {
    this.#values = values
    this.#host = host
  }

  /** Resolves with the return value of the generator. Rejects with what it throws, or if an item cannot be sent. */
  async run(): Promise<unknown> {
    for (;;) {
      if (this.#credit === 0) await this.#wait()
      if (this.#stopped) return undefined
      const { done, value } = (await this.#values.next()) as IteratorResult<unknown, unknown>
      if (done) return value
      this.#credit -= 1
      await this.#send(value)
    }
  }

  /** The consumer wants `count` more. */
  pull(count: number): void {
    this.#credit += count
    this.#wake()
  }

  /** Makes the generator return at its next `yield`. Its `finally` blocks run as the same task. */
  stop(): void {
    this.#stopped = true
    this.#wake()
    this.#host.run(() => this.#values.return(undefined)).catch(() => undefined) // there is no consumer left for this error
  }

  async #wait(): Promise<void> {
    this.#host.pause()
    while (this.#credit === 0 && !this.#stopped) await new Promise<void>((resolve) => (this.#wake = resolve))
    this.#host.resume()
  }

  async #send(value: unknown): Promise<void> {
    try {
      this.#host.emit(value)
    } catch (error) {
      await this.#values.return(undefined)
      throw error
    }
  }
}
