import { STREAM_AHEAD } from '../wire/messages'

/** What a stream needs of its session. */
export interface StreamHost {
  /** @throws what cannot cross */
  emit(value: unknown): void
  /** Runs `fn` as the task of the stream. */
  run<R>(fn: () => R): R
  /** The body waits for its consumer. */
  pause(): void
  resume(): void
}

/** The worker's end of a stream: runs an async generator as far as its consumer has given credit for. */
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

  /** Resolves with the generator's return value; rejects with what it throws, or what cannot cross. */
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

  /** The consumer has had enough: the generator returns at its next `yield`, and its `finally` runs as the same task. */
  stop(): void {
    this.#stopped = true
    this.#wake()
    this.#host.run(() => this.#values.return(undefined)).catch(() => undefined) // its failure is nobody's any more
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
