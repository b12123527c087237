/** Keeps the connections, and with them the program, alive while something is awaited. */
import type { CallerEngine } from './engine'

export class Hold {
  readonly #engine: Pick<CallerEngine, 'hold'>
  #count = 0

  constructor(engine: Pick<CallerEngine, 'hold'>) {
    this.#engine = engine
  }

  take(): void {
    this.#count += 1
    if (this.#count === 1) this.#engine.hold(true)
  }

  release(): void {
    this.#count -= 1
    if (this.#count === 0) this.#engine.hold(false)
  }

  async during<T>(request: () => Promise<T>): Promise<T> {
    this.take()
    try {
      return await request()
    } finally {
      this.release()
    }
  }
}
