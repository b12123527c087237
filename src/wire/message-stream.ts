/**
 * Parent messages as bytes, for the pipe to a worker process.
 *
 *   ┌─────────────────┬──────────────┬──────────────────────┬───────┬───┐
 *   │ u32 body length │ u32 attached │ u32 length of each … │ body  │ … │
 *   └─────────────────┴──────────────┴──────────────────────┴───────┴───┘
 *
 * The body is V8's serialization. Large byte payloads of a batch follow as they are (attached) instead of being copied
 * into it once more.
 */
import { deserialize, serialize } from 'node:v8'
import { CALL_WIDTH, type CallBatch, type ParentMessage } from './messages'

const WORD = 4
const HEAD = 2 * WORD
/** Payloads from this size on are attached. */
const LARGE = 32 * 1024
const ARGS = 5

/** The pieces to write, in order. */
export function writeMessage(message: ParentMessage): Uint8Array[] {
  const attached: Uint8Array[] = []
  const body = serialize(Array.isArray(message) ? detachLarge(message, attached) : message)
  const head = Buffer.allocUnsafe(HEAD + WORD * attached.length)
  head.writeUInt32LE(body.byteLength, 0)
  head.writeUInt32LE(attached.length, WORD)
  attached.forEach((bytes, index) => head.writeUInt32LE(bytes.byteLength, HEAD + WORD * index))
  return [head, body, ...attached]
}

/** Cuts a stream of bytes into messages. */
export class MessageReader {
  readonly #receive: (message: unknown) => void
  #chunks: Buffer[] = []
  #size = 0
  #wanted = HEAD

  constructor(receive: (message: unknown) => void) {
    this.#receive = receive
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.byteLength
    while (this.#size >= this.#wanted) {
      const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)
      this.#chunks = [all]
      const needed = messageSize(all)
      if (all.byteLength < needed) {
        this.#wanted = needed
        return
      }
      const rest = all.subarray(needed)
      this.#chunks = rest.byteLength > 0 ? [rest] : []
      this.#size = rest.byteLength
      this.#wanted = HEAD
      this.#receive(readMessage(all))
    }
  }
}

function messageSize(bytes: Buffer): number {
  const count = bytes.readUInt32LE(WORD)
  const head = HEAD + WORD * count
  if (bytes.byteLength < head) return head
  let size = head + bytes.readUInt32LE(0)
  for (let index = 0; index < count; index++) size += bytes.readUInt32LE(HEAD + WORD * index)
  return size
}

function readMessage(bytes: Buffer): unknown {
  const count = bytes.readUInt32LE(WORD)
  let at = HEAD + WORD * count
  const body = bytes.subarray(at, (at += bytes.readUInt32LE(0)))
  const message: unknown = deserialize(body)
  if (count === 0) return message
  const attached = Array.from({ length: count }, (_, index) => {
    const length = bytes.readUInt32LE(HEAD + WORD * index)
    return bytes.subarray(at, (at += length))
  })
  return attachLarge(message as CallBatch, attached)
}

/** Replaces large byte payloads by holes; the record's place in the batch says where they belong. */
function detachLarge(batch: CallBatch, attached: Uint8Array[]): CallBatch {
  let copy: CallBatch | undefined
  for (let index = 1 + ARGS; index < batch.length; index += CALL_WIDTH) {
    const value = batch[index]
    if (!(value instanceof Uint8Array) || value.byteLength < LARGE) continue
    copy ??= [...batch]
    copy[index] = new Hole()
    attached.push(value)
  }
  return copy ?? batch
}

function attachLarge(batch: CallBatch, attached: Uint8Array[]): CallBatch {
  let next = 0
  for (let index = 1 + ARGS; index < batch.length; index += CALL_WIDTH) {
    const value = batch[index]
    if (isHole(value)) batch[index] = attached[next++]
  }
  return batch
}

/** A map, which no packed payload ever is at its top. */
class Hole extends Map<never, never> {}
const isHole = (value: unknown): boolean => value instanceof Map
