import { availableParallelism } from 'node:os'
import { now, setImmediate } from '../utils/clock'

/** How long the event loop stays awake for the next call of a row, in ms; not where the program needs the core for it. */
const POLL_FOR = availableParallelism() > 1 ? 0.1 : 0
/** A call that comes within this many times AWAKE of the last outcome belongs to a row: the loop, awake, would have met it. */
const SEQUENCE_GAP = 1.5
/** Times that the loop turns at most, many more than AWAKE has room for: no clock is to keep it awake for ever. */
const MAX_POLLS = 1000

interface Clock {
  now(): number
  defer(fn: () => void): unknown
}

const REAL: Clock = { now, defer: setImmediate }

/**
 * Keeps the worker's event loop from falling asleep between the calls of a row: where a program awaits one call after
 * another, most of each is the time it takes to wake a sleeping thread. The loop turns for a moment instead, and does
 * whatever else there is to do. Only for calls that have the whole pool to themselves, and only once a row is seen:
 *
 *   call ─ outcome ─ sleeps … call ─ outcome ─ awake … call ─ outcome ─ awake … sleeps
 *                   └── CLOSE ──┘                              └─ AWAKE ─┘
 */
export class BusyPoller {
  readonly #clock: Clock
  readonly #pollFor: number
  readonly #poll = (): void => this.#pollAgain()
  #idleSince = -Infinity
  #isSequence = false
  #polling = false
  #polls = 0

  constructor(surroundings = REAL, awake = POLL_FOR) {
    this.#clock = surroundings
    this.#pollFor = awake
  }

  /** Calls have come. */
  callsReceived(alone: boolean): void {
    this.#isSequence = alone && this.#clock.now() - this.#idleSince < SEQUENCE_GAP * this.#pollFor
  }

  /** Nothing is left to run. */
  idle(): void {
    this.#idleSince = this.#clock.now()
    this.#polls = 0
    if (!this.#isSequence || this.#polling) return
    this.#polling = true
    this.#clock.defer(this.#poll)
  }

  #pollAgain(): void {
    const isTime = this.#clock.now() - this.#idleSince < this.#pollFor
    this.#polling = this.#isSequence && isTime && ++this.#polls < MAX_POLLS
    if (this.#polling) this.#clock.defer(this.#poll)
  }
}
