/** Starts all timers of the library. They run on the real clock and may be of any duration. */
import { clearTimeout, setTimeout } from './clock'
import { guard } from './failures'

/** The longest timer of Node.js, in ms: 24.8 days. It sets a longer one to 1 ms. */
export const LONGEST_TIMER = 2 ** 31 - 1

/** A timer that {@link after} started. */
export interface Timer {
  /** Lets the program end before the timer fires. */
  unref(): Timer
}

/** Calls `fn` in `ms`; never, if `ms` is `Infinity`. {@link clearAfter} clears the timer. */
export function after(ms: number, fn: () => void): Timer {
  return ms <= LONGEST_TIMER ? setTimeout(() => guard(fn), ms) : new LongTimer(ms, fn)
}

export function clearAfter(timer: Timer | undefined): void {
  if (timer instanceof LongTimer) timer.clear()
  else clearTimeout(timer as NodeJS.Timeout | undefined)
}

/** Several timers, one after the other. */
class LongTimer implements Timer {
  readonly #fn: () => void
  /** The time that remains when the current timer fires, in ms. */
  #left: number
  #timer: NodeJS.Timeout | undefined
  #isRef = true

  constructor(ms: number, fn: () => void) {
    this.#fn = fn
    this.#left = ms
    if (ms !== Infinity) this.#arm()
  }

  unref(): this {
    this.#isRef = false
    this.#timer?.unref()
    return this
  }

  clear(): void {
    clearTimeout(this.#timer)
  }

  #arm(): void {
    const ms = Math.min(this.#left, LONGEST_TIMER)
    this.#left -= ms
    this.#timer = setTimeout(() => (this.#left > 0 ? this.#arm() : guard(this.#fn)), ms)
    if (!this.#isRef) this.#timer.unref()
  }
}
