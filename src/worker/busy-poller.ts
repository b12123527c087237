import { availableParallelism } from 'node:os'
import { now, setImmediate } from '../utils/clock'

/** How long the event loop stays awake for the next call of a sequence, in ms. On one core, the parent needs the core. */
const POLL_FOR = availableParallelism() > 1 ? 0.1 : 0
/** A call belongs to a sequence if it arrives within this many times POLL_FOR after the last outcome. */
const SEQUENCE_GAP = 1.5
/** How often the loop turns at most. POLL_FOR has room for far fewer: this only guards against a clock that stands still. */
const MAX_POLLS = 1000

interface Clock {
  now(): number
  defer(fn: () => void): unknown
}

const REAL_CLOCK: Clock = { now, defer: setImmediate }

/**
 * Keeps the worker's event loop awake between the calls of a sequence. If a program awaits one call after another, most
 * of the time of each goes into waking a sleeping thread. So the loop keeps turning for a moment, and handles other events
 * as usual. This is only for lone calls (calls that have the whole pool to themselves), and only once a sequence is seen:
 *
 *   call ─ outcome ─ sleeps … call ─ outcome ─ polls … call ─ outcome ─ polls … sleeps
 *                  └ SEQUENCE_GAP ┘                                  └ POLL_FOR ┘
 */
export class BusyPoller {
  readonly #clock: Clock
  readonly #pollFor: number
  readonly #poll = (): void => this.#pollAgain()
  #idleSince = -Infinity
  #isSequence = false
  #polling = false
  #polls = 0

  constructor(clock = REAL_CLOCK, pollFor = POLL_FOR) {
    this.#clock = clock
    this.#pollFor = pollFor
  }

  /** A batch of calls has arrived. */
  callsReceived(isLoneCall: boolean): void {
    this.#isSequence = isLoneCall && this.#clock.now() - this.#idleSince < SEQUENCE_GAP * this.#pollFor
  }

  /** No call is running or waiting. */
  idle(): void {
    this.#idleSince = this.#clock.now()
    this.#polls = 0
    if (!this.#isSequence || this.#polling) return
    this.#polling = true
    this.#clock.defer(this.#poll)
  }

  #pollAgain(): void {
    const isWithinTime = this.#clock.now() - this.#idleSince < this.#pollFor
    this.#polling = this.#isSequence && isWithinTime && ++this.#polls < MAX_POLLS
    if (this.#polling) this.#clock.defer(this.#poll)
  }
}
