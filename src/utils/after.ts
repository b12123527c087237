import { clearTimeout, setTimeout } from 'node:timers'

/** What a timer of Node can hold, in ms: 24.8 days. Beyond, it would go off at once. */
export const LONGEST_TIMER = 2 ** 31 - 1

/** A timer for `ms`; none where that is longer than the program will live. `clearAfter` ends it. */
export function after(ms: number, fn: () => void): NodeJS.Timeout | undefined {
  return ms <= LONGEST_TIMER ? setTimeout(fn, ms) : undefined
}

export const clearAfter = (timer: NodeJS.Timeout | undefined): void => clearTimeout(timer)
