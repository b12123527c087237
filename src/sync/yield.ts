/**
 * Whoever takes a free lock again and again, with nothing but promises in between, never lets the event loop come to what
 * others ask: workers would wait for ever for a lock that is free most of the time.
 */
import { now, setImmediate } from '../utils/clock'

/** How long locks are handed out within one turn of the event loop, in ms. */
const YIELD_AFTER = 1

let began: number | undefined

/** Something to await before the next may come in, when the event loop has been kept from its other work for long. */
export function yieldIfDue(): Promise<void> | undefined {
  if (began === undefined) {
    began = now()
    setImmediate(() => (began = undefined))
    return undefined
  }
  return now() - began < YIELD_AFTER ? undefined : new Promise((resolve) => setImmediate(resolve))
}
