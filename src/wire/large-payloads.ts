/** Large payloads of calls: what the channels send beside a batch. */
import { hasParts, LARGE, type Bytes } from './encoding/bytes'
import { argsFlags, CALL_WIDTH, selfFlags, type CallBatch } from './messages'
import { BYTES } from './packed'

const FLAGS = 3
const SELF = 4
const ARGS = 5

/** Replaces the large payloads of a batch. Returns a changed copy, or the batch itself if it has none. */
export function replaceLarge(batch: CallBatch, replace: (bytes: Bytes) => unknown): CallBatch {
  let copy: CallBatch | undefined
  for (let at = 1; at < batch.length; at += CALL_WIDTH) {
    const flags = batch[at + FLAGS] as number
    if (isLarge(batch[at + SELF], selfFlags(flags)))
      (copy ??= [...batch])[at + SELF] = replace(batch[at + SELF] as Bytes)
    if (isLarge(batch[at + ARGS], argsFlags(flags)))
      (copy ??= [...batch])[at + ARGS] = replace(batch[at + ARGS] as Bytes)
  }
  return copy ?? batch
}

/**
 * Copies the large payloads of a batch into memory that can be moved. The batch keeps its own: it may be sent again.
 *
 * @param copies gets the memory of the copies
 * @returns a changed copy, or the batch itself if it has none
 */
export function copyLarge(batch: CallBatch, copies: ArrayBuffer[]): CallBatch {
  const copy = (bytes: Uint8Array): Uint8Array => {
    const own = new Uint8Array(bytes.byteLength)
    own.set(bytes)
    copies.push(own.buffer)
    return own
  }
  return replaceLarge(batch, (bytes) => (hasParts(bytes) ? bytes.map(copy) : copy(bytes)))
}

function isLarge(data: unknown, flags: number): boolean {
  if ((flags & BYTES) === 0) return false
  return hasParts(data as Bytes) || (data as Uint8Array).byteLength >= LARGE
}
