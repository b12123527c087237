import type { RecordableHistogram } from 'node:perf_hooks'
import { perfHooks } from '../utils/lazy'

/** Statistics of durations, in ms. All values are 0 before the first duration. */
export interface DurationStats {
  /** How many durations were measured. Above some thousand calls per second, this is a sample. */
  readonly count: number
  readonly mean: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

const US_PER_MS = 1000
/** Longer durations count as this one: 11 days, in µs. */
const LONGEST = 1e12
/**
 * The histogram is created for more durations than this, because loading its module takes 1.5 ms of the first result.
 */
const FEW = 64
const NONE: DurationStats = { count: 0, mean: 0, p50: 0, p95: 0, p99: 0, max: 0 }

/** Durations in a histogram of Node.js, with a precision of two digits, in µs. */
export class Durations {
  /** The durations that are not in the histogram yet, in µs. */
  #few: number[] = []
  #histogram: RecordableHistogram | undefined

  /** @param ms at least 0 */
  record(ms: number): void {
    const us = Math.min(LONGEST, Math.max(1, Math.round(ms * US_PER_MS)))
    if (this.#histogram) this.#histogram.record(us)
    else if (this.#few.push(us) > FEW) this.#all()
  }

  stats(): DurationStats {
    if (!this.#histogram && this.#few.length === 0) return NONE
    const histogram = this.#all()
    const percentile = (p: number): number => histogram.percentile(p) / US_PER_MS
    return {
      count: histogram.count,
      mean: histogram.mean / US_PER_MS,
      p50: percentile(50),
      p95: percentile(95),
      p99: percentile(99),
      max: histogram.max / US_PER_MS,
    }
  }

  #all(): RecordableHistogram {
    if (this.#histogram) return this.#histogram
    const histogram = perfHooks().createHistogram({ lowest: 1, highest: LONGEST, figures: 2 })
    for (const us of this.#few) histogram.record(us)
    this.#few = []
    return (this.#histogram = histogram)
  }
}
