/**
 * The ids of calls. An id is a hash of the serial number of the call and a unique key of its thread. So it is as
 * unique as a random UUID, but is computed only when it is read. Workers get the key and compute the same ids.
 */
import { crypto } from '../utils/lazy'
import { uniqueText } from '../utils/unique'

let key: string | undefined
let last = 0

/** The serial number of the next call in this thread. */
export const nextSerial = (): number => ++last

/** The key of the ids of this thread's calls. Workers get it with the session. */
export const idBase = (): string => (key ??= uniqueText())

/** The UUID (version 4) of the call with the number `serial`. */
export function taskId(serial: number, base: string = idBase()): string {
  const bytes = crypto().createHash('sha256').update(`${base} ${serial}`).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6) // version 4
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8) // variant of RFC 9562
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
