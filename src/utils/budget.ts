/** A budget that refills with time: `burst` units at once, and `perMs` units per ms after that. */
export class Budget {
  readonly #burst: number
  readonly #perMs: number
  readonly #now: () => number
  #left: number
  #filledAt = 0

  /** @param now returns the time in ms */
  constructor(burst: number, perMs: number, now: () => number) {
    this.#burst = burst
    this.#perMs = perMs
    this.#now = now
    this.#left = burst
  }

  /** Takes one unit, if one is left. Reads the clock only if none is. */
  take(): boolean {
    if (this.#left <= 0 && !this.#refill()) return false
    this.#left -= 1
    return true
  }

  #refill(): boolean {
    const now = this.#now()
    this.#left = Math.min(this.#burst, Math.floor((now - this.#filledAt) * this.#perMs))
    this.#filledAt = now
    return this.#left > 0
  }
}
