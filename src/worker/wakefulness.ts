import { availableParallelism } from 'node:os'
import { now, setImmediate } from '../utils/clock'

/** How long the event loop stays awake for the next call of a row, in ms; not where the program needs the core for it. */
const AWAKE = availableParallelism() > 1 ? 0.1 : 0
/** A call that comes within this many times AWAKE of the last outcome belongs to a row: the loop, awake, would have met it. */
const CLOSE = 1.5
/** Times that the loop turns at most, many more than AWAKE has room for: no clock is to keep it awake for ever. */
const MOST = 1000

interface Surroundings {
  now(): number
  defer(fn: () => void): unknown
}

const REAL: Surroundings = { now, defer: setImmediate }

/**
 * Keeps the worker's event loop from falling asleep between the calls of a row: where a program awaits one call after
 * another, most of each is the time it takes to wake a sleeping thread. The loop turns for a moment instead, and does
 * whatever else there is to do. Only for calls that have the whole pool to themselves, and only once a row is seen:
 *
 *   call ─ outcome ─ sleeps … call ─ outcome ─ awake … call ─ outcome ─ awake … sleeps
 *                   └── CLOSE ──┘                              └─ AWAKE ─┘
 */
export class Wakefulness {
  readonly #surroundings: Surroundings
  readonly #awake: number
  readonly #turn = (): void => this.#goOn()
  #idleSince = -Infinity
  #inRow = false
  #turning = false
  #turns = 0

  constructor(surroundings = REAL, awake = AWAKE) {
    this.#surroundings = surroundings
    this.#awake = awake
  }

  /** Calls have come. */
  called(alone: boolean): void {
    this.#inRow = alone && this.#surroundings.now() - this.#idleSince < CLOSE * this.#awake
  }

  /** Nothing is left to run. */
  idle(): void {
    this.#idleSince = this.#surroundings.now()
    this.#turns = 0
    if (!this.#inRow || this.#turning) return
    this.#turning = true
    this.#surroundings.defer(this.#turn)
  }

  #goOn(): void {
    const isTime = this.#surroundings.now() - this.#idleSince < this.#awake
    this.#turning = this.#inRow && isTime && ++this.#turns < MOST
    if (this.#turning) this.#surroundings.defer(this.#turn)
  }
}
