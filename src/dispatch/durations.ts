import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

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
const NONE: DurationStats = { count: 0, mean: 0, p50: 0, p95: 0, p99: 0, max: 0 }

/** Durations in a histogram of Node.js, with a precision of two digits, in µs. The first duration creates it. */
export class Durations {
  #histogram: RecordableHistogram | undefined

  /** @param ms at least 0 */
  record(ms: number): void {
    this.#histogram ??= createHistogram({ lowest: 1, highest: LONGEST, figures: 2 })
    this.#histogram.record(Math.min(LONGEST, Math.max(1, Math.round(ms * US_PER_MS))))
  }

  stats(): DurationStats {
    const histogram = this.#histogram
    if (!histogram) return NONE
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
}
