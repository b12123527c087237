import { availableParallelism } from 'node:os'
import { runOutside } from '../utils/async-context'
import { monotonic, setImmediate } from '../utils/clock'

/** How long the event loop stays awake for the next call of a series, in ms. On one core, the parent needs the core. */
const POLL_FOR = availableParallelism() > 1 ? 0.1 : 0
/** A call belongs to a series if it arrives within this many times POLL_FOR after the last outcome. */
const SERIES_GAP = 3
/** How often the loop turns at most. POLL_FOR has room for far fewer: this only guards against a clock that stands still. */
const MAX_POLLS = 1000
/** Each period of a series has so many calls. It begins with a trial: the loop polls after every second call of it. */
const PERIOD = 256
const TRIAL = 16
/** Polling takes CPU time. It goes on only if it shortens the gaps between calls to less than this part of what they are without it. */
const WORTHWHILE = 0.9

interface Clock {
  now(): number
  defer(fn: () => void): unknown
}

const REAL_CLOCK: Clock = { now: monotonic, defer: setImmediate }

/**
 * Keeps the worker's event loop awake between the calls of a series, where that makes the series faster. If a program
 * awaits one call after another, most of the time of each goes into waking sleeping threads. So the loop keeps turning for
 * a moment, and handles other events as usual. This is only for lone calls (calls that have the whole pool to
 * themselves), and only once a series is seen:
 *
 *   call ─ outcome ─ sleeps … call ─ outcome ─ polls … call ─ outcome ─ polls … sleeps
 *                  └ SERIES_GAP ┘                                  └ POLL_FOR ┘
 *
 * It depends on the machine whether polling helps. If the cores sleep when they are idle, it saves waking one. If they
 * are awake, it saves little, and the system may put the parent on the core of the polling thread, where it waits until
 * the polling ends. So each period of a series begins with a trial that compares the gaps with and without polling.
 */
export class BusyPoller {
  readonly #clock: Clock
  readonly #pollFor: number
  readonly #poll = (): void => this.#pollAgain()
  readonly #trial = new PollingTrial()
  #idleSince = -Infinity
  #isSeries = false
  #wanted = false
  #polling = false
  #polls = 0

  constructor(clock = REAL_CLOCK, pollFor = POLL_FOR) {
    this.#clock = clock
    this.#pollFor = pollFor
  }

  /** A batch of calls has arrived. */
  callsReceived(isLoneCall: boolean): void {
    const gap = isLoneCall ? this.#clock.now() - this.#idleSince : Infinity
    this.#isSeries = gap < SERIES_GAP * this.#pollFor
    if (this.#isSeries) this.#trial.record(gap)
    else {
      this.#wanted = false
      this.#trial.pause()
    }
  }

  /** No call is running or waiting. */
  idle(): void {
    this.#idleSince = this.#clock.now()
    this.#polls = 0
    this.#wanted = this.#isSeries && this.#trial.pollsNext()
    if (!this.#wanted || this.#polling) return
    this.#polling = true
    runOutside(this.#clock.defer, this.#clock, this.#poll) // not in the context of the body that has ended
  }

  #pollAgain(): void {
    const isWithinTime = this.#clock.now() - this.#idleSince < this.#pollFor
    this.#polling = this.#wanted && isWithinTime && ++this.#polls < MAX_POLLS
    if (this.#polling) this.#clock.defer(this.#poll)
  }
}

/** Decides after which calls of a series the loop polls. */
class PollingTrial {
  /** The place of the last call in its period. */
  #place = 0
  #polled = false
  #isWorthwhile = true
  readonly #withPolling: number[] = []
  readonly #without: number[] = []

  /** @param gap the time from the last outcome to the next call, in ms */
  record(gap: number): void {
    if (this.#place < TRIAL) (this.#polled ? this.#withPolling : this.#without).push(gap)
  }

  /** The series is over: the loop does not poll after this call. */
  pause(): void {
    this.#polled = false
  }

  pollsNext(): boolean {
    this.#place = (this.#place + 1) % PERIOD
    if (this.#place === TRIAL) this.#endTrial()
    this.#polled = this.#place < TRIAL ? this.#place % 2 === 1 : this.#isWorthwhile
    return this.#polled
  }

  /** Compares medians: a pause of the program or a garbage collection makes one gap long. */
  #endTrial(): void {
    this.#isWorthwhile = takeMedian(this.#withPolling) < WORTHWHILE * takeMedian(this.#without)
  }
}

function takeMedian(values: number[]): number {
  const sorted = values.splice(0).sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}
