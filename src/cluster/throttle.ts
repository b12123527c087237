import { after, clearAfter, type Timer } from '../utils/after'

/** The shortest time between two values that are passed on, in ms. Each value costs a write and a message. */
const EVERY = 100

/** Passes on the first value at once, and then the latest value every 100 ms, while values arrive. */
export class Throttle<T> {
  readonly #pass: (value: T) => void
  #timer: Timer | undefined
  #latest: { readonly value: T } | undefined

  constructor(pass: (value: T) => void) {
    this.#pass = pass
  }

  push(value: T): void {
    if (this.#timer === undefined) this.#now(value)
    else this.#latest = { value }
  }

  stop(): void {
    clearAfter(this.#timer)
  }

  #now(value: T): void {
    this.#latest = undefined
    this.#timer = after(EVERY, () => {
      this.#timer = undefined
      if (this.#latest) this.#now(this.#latest.value)
    })
    this.#pass(value)
  }
}
