/**
 * Messages of a parent as bytes, for the pipe to a worker process.
 *
 *   ┌─────────────────┬──────────────┬──────────────────────┬───────┬───┐
 *   │ u32 body length │ u32 attached │ u32 length of each … │ body  │ … │
 *   └─────────────────┴──────────────┴──────────────────────┴───────┴───┘
 *
 * The body is written by V8's serializer. Large byte payloads of a batch are attached: they follow as they are, which
 * saves a copy. A batch of small calls has a shorter form (`quick-batch.ts`).
 */
import { types } from 'node:util'
import { v8 } from '../utils/lazy'
import { CALL_WIDTH, type CallBatch, type ParentMessage } from './messages'
import { QUICK, readQuick, writeQuick } from './quick-batch'

const WORD = 4
const HEAD = 2 * WORD
/** From this size on, payloads are attached. */
const LARGE = 32 * 1024
const ARGS = 5

/** The pieces to write, in order. The next message may overwrite the first. */
export function writeMessage(message: ParentMessage): Uint8Array[] {
  if (Array.isArray(message)) {
    const quick = writeQuick(message)
    if (quick) return [quick]
  }
  const attached: Uint8Array[] = []
  const body = v8().serialize(Array.isArray(message) ? detachLarge(message, attached) : message)
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

  /** @param chunk may be overwritten after this call */
  push(chunk: Buffer): void {
    if (this.#chunks.length > 0) {
      this.#keep(chunk)
      if (this.#size < this.#wanted) return
      chunk = Buffer.concat(this.#chunks, this.#size)
    }
    let rest = chunk
    this.#wanted = HEAD
    while (rest.byteLength >= HEAD) {
      const size = messageSize(rest)
      if (rest.byteLength < size) {
        this.#wanted = size
        break
      }
      this.#receive(readMessage(rest.subarray(0, size)))
      rest = rest.subarray(size)
    }
    this.#chunks = []
    this.#size = 0
    if (rest.byteLength > 0) this.#keep(rest)
  }

  #keep(bytes: Buffer): void {
    this.#chunks.push(Buffer.from(bytes))
    this.#size += bytes.byteLength
  }
}

function messageSize(bytes: Buffer): number {
  const count = bytes.readUInt32LE(WORD)
  if (count === QUICK) return HEAD + bytes.readUInt32LE(0)
  const head = HEAD + WORD * count
  if (bytes.byteLength < head) return head
  let size = head + bytes.readUInt32LE(0)
  for (let index = 0; index < count; index++) size += bytes.readUInt32LE(HEAD + WORD * index)
  return size
}

function readMessage(bytes: Buffer): unknown {
  const count = bytes.readUInt32LE(WORD)
  if (count === QUICK) return readQuick(bytes.subarray(HEAD, HEAD + bytes.readUInt32LE(0)))
  let at = HEAD + WORD * count
  const body = bytes.subarray(at, (at += bytes.readUInt32LE(0)))
  const message: unknown = v8().deserialize(Buffer.from(body)) // a copy, because views that are read keep these bytes
  if (count === 0) return message
  const attached = Array.from({ length: count }, (_, index) => {
    const length = bytes.readUInt32LE(HEAD + WORD * index)
    return Buffer.from(bytes.subarray(at, (at += length)))
  })
  return attachLarge(message as CallBatch, attached)
}

/** Replaces large byte payloads by holes. They return to the holes in the same order. */
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

/** A map, because a packed payload is never a map itself. */
class Hole extends Map<never, never> {}
const isHole = (value: unknown): boolean => types.isMap(value)
