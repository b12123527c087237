/**
 * The quick form of a batch, for calls whose arguments and fields of `this` are primitives, as most are. It is written
 * into a buffer that is reused. V8's serializer takes longer to set up than such a call takes altogether.
 *
 *   u16 calls │ call: u32 sequence │ f64 serial │ u32 method │ u8 flags │ self │ u16 count │ args … │ …
 *   self: u8 255 (none), or u8 fields, then name and value of each
 *   value: u8 tag, for texts u16 bytes, payload (`primitives.ts`)
 */
import { CALL_WIDTH, type CallBatch } from './call-batch'
import { readPayload, Tag, writeValue } from './primitives'

const WORD = 4
const HEAD = 2 * WORD
/** The form of the message, which stands in its head. */
export const QUICK = 0xffffffff
const NO_SELF = 255
/** Bytes of the length of a text. */
const TEXT_LENGTH = 2
/** Tags before it have no payload, and those after it have one whose length varies. */
const NUMBER = Tag.Number
const MAX_ARGS = 64
const MAX_FIELDS = 32
const MAX_CHARACTERS = 512
/** The most bytes that a call within these limits can take. */
const LARGEST_CALL = 19 + 3 + (MAX_ARGS + 2 * MAX_FIELDS) * (3 + 2 * MAX_CHARACTERS)

const buffer = Buffer.allocUnsafe(512 * 1024)
let end = 0

/**
 * The batch in its quick form, with the head of a message, or `undefined` if it has none.
 *
 * @returns a part of a buffer that the next call overwrites
 */
export function writeQuick(batch: CallBatch): Buffer | undefined {
  if (batch[0] !== 0) return undefined
  end = HEAD + 2
  for (let at = 1; at < batch.length; at += CALL_WIDTH) {
    if (end + LARGEST_CALL > buffer.byteLength || !writeCall(batch, at)) return undefined
  }
  buffer.writeUInt32LE(end, 0)
  buffer.writeUInt32LE(QUICK, WORD)
  buffer.writeUInt16LE((batch.length - 1) / CALL_WIDTH, HEAD)
  return buffer.subarray(0, end)
}

export function readQuick(bytes: Buffer): CallBatch {
  const reader = new QuickReader(bytes)
  const batch = new Array<unknown>(1 + reader.u16() * CALL_WIDTH) as CallBatch
  batch[0] = 0
  for (let at = 1; at < batch.length; at += CALL_WIDTH) {
    batch[at] = reader.u32()
    batch[at + 1] = reader.f64()
    batch[at + 2] = reader.u32()
    batch[at + 3] = reader.u8()
    batch[at + 4] = reader.self()
    batch[at + 5] = reader.args()
    batch[at + 6] = undefined
  }
  return batch
}

function writeCall(batch: CallBatch, at: number): boolean {
  const args = batch[at + 5]
  const flags = batch[at + 3] as number
  if (batch[at + 6] !== undefined || flags > 255 || !Array.isArray(args) || args.length > MAX_ARGS) return false
  end = buffer.writeUInt32LE(batch[at] as number, end)
  end = buffer.writeDoubleLE(batch[at + 1] as number, end)
  end = buffer.writeUInt32LE(batch[at + 2] as number, end)
  buffer[end++] = flags
  if (!writeSelf(batch[at + 4])) return false
  end = buffer.writeUInt16LE(args.length, end)
  for (let index = 0; index < args.length; index++) if (!writePrimitive(args[index])) return false
  return true
}

function writeSelf(self: unknown): boolean {
  if (self === undefined) {
    buffer[end++] = NO_SELF
    return true
  }
  if (typeof self !== 'object' || self === null || Object.getPrototypeOf(self) !== Object.prototype) return false
  const names = Object.keys(self)
  if (names.length > MAX_FIELDS) return false
  buffer[end++] = names.length
  for (const name of names) {
    if (name === '__proto__' || !writePrimitive(name) || !writePrimitive((self as Record<string, unknown>)[name]))
      return false
  }
  return true
}

/** Writes a primitive. `false`: the value is none, or a text that is too long. */
function writePrimitive(value: unknown): boolean {
  if (typeof value === 'string') return writeText(value)
  if (typeof value === 'object' && value !== null) return false
  const next = writeValue(buffer, end, value, 0)
  if (next === 0) return false
  end = next
  return true
}

function writeText(text: string): boolean {
  if (text.length > MAX_CHARACTERS) return false
  const from = end + 1 + TEXT_LENGTH
  end = writeValue(buffer, end, text, TEXT_LENGTH)
  buffer.writeUInt16LE(end - from, from - TEXT_LENGTH)
  return true
}

class QuickReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  u8(): number {
    return this.#bytes[this.#at++] as number
  }

  u16(): number {
    this.#at += 2
    return this.#bytes.readUInt16LE(this.#at - 2)
  }

  u32(): number {
    this.#at += 4
    return this.#bytes.readUInt32LE(this.#at - 4)
  }

  f64(): number {
    this.#at += 8
    return this.#bytes.readDoubleLE(this.#at - 8)
  }

  self(): Record<string, unknown> | undefined {
    let count = this.u8()
    if (count === NO_SELF) return undefined
    const self: Record<string, unknown> = {}
    for (; count > 0; count--) self[this.value() as string] = this.value()
    return self
  }

  args(): unknown[] {
    const args: unknown[] = []
    for (let count = this.u16(); count > 0; count--) args.push(this.value())
    return args
  }

  value(): unknown {
    const tag = this.u8() as Tag
    const size = tag < NUMBER ? 0 : tag === NUMBER ? 8 : this.u16()
    this.#at += size
    return readPayload(this.#bytes, this.#at - size, this.#at, tag)
  }
}
