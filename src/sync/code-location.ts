/**
 * Where a lock was taken, for the warning of a deadlock. Recording costs 2 µs and more, as much as the rest of a turn, so
 * there is a budget: every turn up to some thousands per second, a sample of a flood.
 */
import { now } from '../utils/clock'

/** Text only if it is asked for. */
export interface CodeLocation {
  readonly text: string
}

/** Places that may be recorded in a burst, and how many come back per ms. */
const BURST = 1_000
const PER_MS = 5

const UNKNOWN: CodeLocation = { text: 'somewhere (too many locks are taken to record where)' }

let left = BURST
let filledAt = 0

/** The code that called `below`. */
export function locationBelow(below: Function): CodeLocation {
  if (left <= 0 && !refill()) return UNKNOWN
  left -= 1
  return new Recorded(below)
}

class Recorded implements CodeLocation {
  readonly #holder = {} as { readonly stack: string }

  constructor(below: Function) {
    const limit = Error.stackTraceLimit
    Reflect.set(Error, 'stackTraceLimit', 1) // not under --frozen-intrinsics: then it stays as it is
    Error.captureStackTrace(this.#holder, below)
    Reflect.set(Error, 'stackTraceLimit', limit)
  }

  get text(): string {
    try {
      const [, frame] = /^\s+at (.*)$/m.exec(this.#holder.stack) ?? []
      return frame ?? 'code without a name'
    } catch {
      return 'code without a name' // `Error.prepareStackTrace` of the program throws
    }
  }
}

function refill(): boolean {
  const time = now()
  left = Math.min(BURST, Math.floor((time - filledAt) * PER_MS))
  filledAt = left > 0 ? time : filledAt
  return left > 0
}
