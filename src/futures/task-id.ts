import { createHash, randomBytes } from 'node:crypto'

// An id is a hash of the call's number under a key of the program: as random as a UUID per call, and made only when it is
// looked at. A worker, which is given the key, comes to the same.
let key: string | undefined
let last = 0

/** The next call's number in this program. */
export const nextSerial = (): number => ++last

/** The key of this program's ids. A worker is given its parent's. */
export const idBase = (): string => (key ??= randomBytes(16).toString('hex'))

/** The UUID (version 4) of the call that has the number `serial`. */
export function taskId(serial: number, base: string = idBase()): string {
  const bytes = createHash('sha256').update(`${base} ${serial}`).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6) // version 4
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8) // variant of RFC 9562
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
