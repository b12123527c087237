/**
 * Where a lock was taken, for the warning of a deadlock. Recording a location costs 2 µs or more, as much as the rest of
 * one acquisition and release. So there is a budget: up to some thousands of locations per second are recorded, beyond that
 * a sample.
 */
import { monotonic } from '../utils/clock'

export interface CodeLocation {
  /** Computed when it is read. */
  readonly text: string
}

/** Locations that may be recorded in a burst, and how many are added to the budget per ms. */
const BURST = 1_000
const PER_MS = 5

const UNKNOWN: CodeLocation = { text: 'somewhere (too many locks are taken to record where)' }

let left = BURST
let filledAt = 0

/** The location of the code that called `below`. */
export function locationBelow(below: Function): CodeLocation {
  if (left <= 0 && !refill()) return UNKNOWN
  left -= 1
  return new RecordedLocation(below)
}

class RecordedLocation implements CodeLocation {
  readonly #holder = {} as { readonly stack: string }

  constructor(below: Function) {
    const limit = Error.stackTraceLimit
    Reflect.set(Error, 'stackTraceLimit', 1) // without effect under --frozen-intrinsics
    Error.captureStackTrace(this.#holder, below)
    Reflect.set(Error, 'stackTraceLimit', limit)
  }

  get text(): string {
    try {
      const [, frame] = /^\s+at (.*)$/m.exec(this.#holder.stack) ?? []
      return frame ?? 'code without a name'
    } catch {
      return 'code without a name' // the program's `Error.prepareStackTrace` throws
    }
  }
}

function refill(): boolean {
  const time = monotonic()
  left = Math.min(BURST, Math.floor((time - filledAt) * PER_MS))
  filledAt = left > 0 ? time : filledAt
  return left > 0
}
