import { STREAM_AHEAD } from '../wire/messages'

/** The worker's end of a stream: runs an async generator as far as its consumer has given credit for. */
export class WorkerStream {
  readonly #values: AsyncGenerator<unknown>
  readonly #emit: (value: unknown) => void
  #credit = STREAM_AHEAD
  #stopped = false
  #wake: () => void = () => undefined

  constructor(values: AsyncGenerator<unknown>, emit: (value: unknown) => void) {
    this.#values = values
    this.#emit = emit
  }

  /** Resolves with the generator's return value; rejects with what it throws, or what cannot cross. */
  async run(): Promise<unknown> {
    for (;;) {
      while (this.#credit === 0 && !this.#stopped) await new Promise<void>((resolve) => (this.#wake = resolve))
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

  /** The consumer has had enough: the generator returns at its next `yield`. */
  stop(): void {
    this.#stopped = true
    this.#wake()
    this.#values.return(undefined).catch(() => undefined) // its failure is nobody's any more
  }

  async #send(value: unknown): Promise<void> {
    try {
      this.#emit(value)
    } catch (error) {
      await this.#values.return(undefined)
      throw error
    }
  }
}
