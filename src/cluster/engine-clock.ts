/**
 * The clock of the engine. The clocks of the machines may differ, so times that one machine writes and another one
 * compares come from this clock: how long a call has waited, when a message was sent.
 */
import { after } from '../utils/after'
import { dateNow, monotonic } from '../utils/clock'
import { warnOnce } from '../registry/warn-once'
import { CLOCK_TOLERANCE } from './lease'
import { CLUSTER_WARNING } from './sentences'

/** Clocks drift: the difference is measured again after this time, in ms. */
const AGAIN_AFTER = 60_000
/** The time until an engine that did not answer is asked again, in ms. */
const RETRY_AFTER = 1000
/** How often the clock is read per measurement. Each read makes the difference more exact. */
const SAMPLES = 3
/** A larger difference causes a warning, in ms. */
const MUCH = 1000

export class EngineClock {
  readonly #ask: () => Promise<number>
  #offset = 0
  #isKnown = false
  /** When it is measured again, in ms of `monotonic()`. */
  #nextAt = -Infinity
  #measuring: Promise<void> | undefined

  /** @param ask resolves to the time of the engine, in ms since 1970 */
  constructor(ask: () => Promise<number>) {
    this.#ask = ask
  }

  /** ms since 1970. The time of this machine, until the difference is {@link known}. */
  now(): number {
    if (monotonic() > this.#nextAt) void this.#measure()
    return dateNow() + this.#offset
  }

  /** How far the engine's clock is ahead of this machine's, in ms. */
  get offset(): number {
    return this.#offset
  }

  /** Resolves once the difference was measured, or could not be: to whether it is known. */
  async known(): Promise<boolean> {
    if (!this.#isKnown && monotonic() >= this.#nextAt) await this.#measure()
    return this.#isKnown
  }

  /** Resolves once the difference is known, or when `isOver` says, after an attempt that failed, that it is not needed. */
  async whenKnown(isOver: () => boolean): Promise<void> {
    while (!(await this.known()) && !isOver()) await new Promise<void>((resolve) => after(RETRY_AFTER, resolve).unref())
  }

  get isKnown(): boolean {
    return this.#isKnown
  }

  #measure(): Promise<void> {
    this.#measuring ??= this.#sample().finally(() => (this.#measuring = undefined))
    return this.#measuring
  }

  /**
   * The engine reads its clock at some time between the question and the arrival of the answer, which may have waited
   * for this thread. So the difference is corrected only as far as these bounds require. Without an answer, it stays
   * as it is. If all answers were slow, it is not known well enough to compare leases by it.
   */
  async #sample(): Promise<void> {
    for (let sample = 0; sample < SAMPLES; sample++) {
      const asked = dateNow()
      const time = await this.#ask().catch(() => undefined)
      if (time === undefined) break
      const [least, most] = [time - dateNow(), time - asked]
      this.#offset = Math.round(Math.min(most, Math.max(least, this.#offset)))
      this.#isKnown ||= most - least <= CLOCK_TOLERANCE
    }
    this.#nextAt = monotonic() + (this.#isKnown ? AGAIN_AFTER : RETRY_AFTER)
    if (Math.abs(this.#offset) > MUCH) warnOfClock(this.#offset)
  }
}

function warnOfClock(offset: number): void {
  const differs = `${Math.abs(offset)} ms ${offset > 0 ? 'behind' : 'ahead of'}`
  warnOnce(
    'clock',
    `The clock of this machine is ${differs} that of the queue. Delayed and repeated calls may start at the wrong time: synchronize the clocks (NTP).`,
    CLUSTER_WARNING,
  )
}
