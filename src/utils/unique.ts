import { dateNow, hrtime } from './clock'
import { host } from './realm'

let count = 0

/**
 * A text that no other thread, process or machine makes. It may be guessed: it is no secret. `node:crypto` would be better,
 * but takes 2 ms to load, which the first call of a program would wait for.
 */
export function uniqueText(): string {
  const random = host.Math.random().toString(36).slice(2)
  return `${host.process.pid}-${dateNow()}-${hrtime.bigint()}-${random}-${(count += 1)}`
}
