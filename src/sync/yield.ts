/**
 * A loop that takes a free lock again and again, with nothing but promises in between, keeps the event loop from reading
 * messages. Workers would wait for ever for a lock that is free most of the time. So the loop is made to pause.
 */
import { now, setImmediate } from '../utils/clock'

/** How long locks are granted within one turn of the event loop, in ms. */
const YIELD_AFTER = 1

let began: number | undefined

/** The pause to await before the next grant, if the event loop has been kept busy for too long. */
export function yieldIfDue(): Promise<void> | undefined {
  if (began === undefined) {
    began = now()
    setImmediate(() => (began = undefined))
    return undefined
  }
  return now() - began < YIELD_AFTER ? undefined : new Promise((resolve) => setImmediate(resolve))
}
