import { randomUUID } from 'node:crypto'

// A UUID per program and a counter in its last 48 bits: as unique as a UUID per call, and made only when looked at.
let base: string | undefined
let last = 0

/** The next call's number in this program. */
export const nextSerial = (): number => ++last

/** What the ids of this program begin with: 24 characters of a UUID. A worker is given its parent's. */
export const idBase = (): string => (base ??= randomUUID().slice(0, 24))

/** The UUID of the call that has the number `serial`. */
export const taskId = (serial: number, prefix: string = idBase()): string =>
  prefix + serial.toString(16).padStart(12, '0')
