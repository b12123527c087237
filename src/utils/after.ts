/** Every timer of the library: for any duration, by the real clock. */
import { clearTimeout, setTimeout } from './clock'
import { guard } from './failures'

/** The longest timer that Node can hold, in ms: 24.8 days. It sets a longer one to 1 ms. */
const LONGEST = 2 ** 31 - 1

/** A timer that {@link after} started. */
export interface Timer {
  /** Lets the program end before the timer goes off. */
  unref(): Timer
}

/** Calls `fn` in `ms`; never, where that is `Infinity`. {@link clearAfter} ends the timer. */
export function after(ms: number, fn: () => void): Timer {
  return ms <= LONGEST ? setTimeout(() => guard(fn), ms) : new LongTimer(ms, fn)
}

export function clearAfter(timer: Timer | undefined): void {
  if (timer instanceof LongTimer) timer.clear()
  else clearTimeout(timer as NodeJS.Timeout | undefined)
}

/** A row of timers, each as long as Node can hold. */
class LongTimer implements Timer {
  readonly #fn: () => void
  /** ms that are left once the timer at hand goes off. */
  #left: number
  #timer: NodeJS.Timeout | undefined
  #isHeld = true

  constructor(ms: number, fn: () => void) {
    this.#fn = fn
    this.#left = ms
    if (ms !== Infinity) this.#arm()
  }

  unref(): this {
    this.#isHeld = false
    this.#timer?.unref()
    return this
  }

  clear(): void {
    clearTimeout(this.#timer)
  }

  #arm(): void {
    const ms = Math.min(this.#left, LONGEST)
    this.#left -= ms
    this.#timer = setTimeout(() => (this.#left > 0 ? this.#arm() : guard(this.#fn)), ms)
    if (!this.#isHeld) this.#timer.unref()
  }
}
