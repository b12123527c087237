/**
 * The quick form of a batch, for calls whose arguments and fields of `this` are primitives, as most are. It is written
 * into a buffer that is reused. V8's serializer takes longer to set up than such a call takes altogether.
 *
 *   u16 calls │ call: u32 sequence │ f64 serial │ u32 method │ u8 flags │ self │ u16 count │ args … │ …
 *   self: u8 255 (none), or u8 fields, then name and value of each
 *   value: u8 tag, for texts u16 bytes, payload (`primitives.ts`)
 */
import { areaOf, LITTLE_ENDIAN, type Area } from './area'
import { CALL_WIDTH, type CallBatch } from './call-batch'
import { readPayload, Tag, writeValue } from './primitives'

const WORD = 4
const HEAD = 2 * WORD
/** The form of the message, which stands in its head. */
export const QUICK = 0xffffffff
/** Where a call has its serial, its method and its flags, and how many bytes it has up to `self`. */
const SERIAL_AT = 4
const METHOD_AT = 12
const FLAGS_AT = 16
const CALL_HEAD = 17
const NO_SELF = 255
/** Bytes of a length or a count. */
const LENGTH = 2
/** Tags before it have no payload, and those after it have one whose length varies. */
const NUMBER = Tag.Number
const MAX_ARGS = 64
const MAX_FIELDS = 32
const MAX_CHARACTERS = 512
/** The most bytes that a call within these limits can take. */
const LARGEST_CALL = 19 + 3 + (MAX_ARGS + 2 * MAX_FIELDS) * (3 + 2 * MAX_CHARACTERS)

const written = areaOf(Buffer.allocUnsafe(512 * 1024))
const { bytes, view } = written
let end = 0

/**
 * The batch in its quick form, with the head of a message, or `undefined` if it has none.
 *
 * @returns a part of a buffer that the next call overwrites
 */
export function writeQuick(batch: CallBatch): Buffer | undefined {
  if (batch[0] !== 0) return undefined
  end = HEAD + LENGTH
  for (let at = 1; at < batch.length; at += CALL_WIDTH) {
    if (end + LARGEST_CALL > bytes.byteLength || !writeCall(batch, at)) return undefined
  }
  view.setUint32(0, end, LITTLE_ENDIAN)
  view.setUint32(WORD, QUICK, LITTLE_ENDIAN)
  view.setUint16(HEAD, (batch.length - 1) / CALL_WIDTH, LITTLE_ENDIAN)
  return bytes.subarray(0, end)
}

/** Reads the batch at `from`, which is right behind the head of the message. */
export function readQuick(source: Area, from: number): CallBatch {
  return new QuickReader(source, from).batch()
}

function writeCall(batch: CallBatch, at: number): boolean {
  const args = batch[at + 5]
  const flags = batch[at + 3] as number
  if (batch[at + 6] !== undefined || flags > 255 || !Array.isArray(args) || args.length > MAX_ARGS) return false
  view.setUint32(end, batch[at] as number, LITTLE_ENDIAN)
  view.setFloat64(end + SERIAL_AT, batch[at + 1] as number, LITTLE_ENDIAN)
  view.setUint32(end + METHOD_AT, batch[at + 2] as number, LITTLE_ENDIAN)
  bytes[end + FLAGS_AT] = flags
  end += CALL_HEAD
  if (!writeSelf(batch[at + 4])) return false
  view.setUint16(end, args.length, LITTLE_ENDIAN)
  end += LENGTH
  for (let index = 0; index < args.length; index++) if (!writePrimitive(args[index])) return false
  return true
}

function writeSelf(self: unknown): boolean {
  if (self === undefined) {
    bytes[end++] = NO_SELF
    return true
  }
  if (typeof self !== 'object' || self === null || Object.getPrototypeOf(self) !== Object.prototype) return false
  const names = Object.keys(self)
  if (names.length > MAX_FIELDS) return false
  bytes[end++] = names.length
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
  const next = writeValue(written, end, value, 0)
  if (next === 0) return false
  end = next
  return true
}

function writeText(text: string): boolean {
  if (text.length > MAX_CHARACTERS) return false
  const from = end + 1 + LENGTH
  end = writeValue(written, end, text, LENGTH)
  view.setUint16(from - LENGTH, end - from, LITTLE_ENDIAN)
  return true
}

class QuickReader {
  readonly #source: Area
  #at: number

  constructor(source: Area, from: number) {
    this.#source = source
    this.#at = from
  }

  batch(): CallBatch {
    const { bytes, view } = this.#source
    const batch = new Array<unknown>(1 + this.#u16() * CALL_WIDTH) as CallBatch
    batch[0] = 0
    for (let index = 1; index < batch.length; index += CALL_WIDTH) {
      const at = this.#at
      this.#at += CALL_HEAD
      batch[index] = view.getUint32(at, LITTLE_ENDIAN)
      batch[index + 1] = view.getFloat64(at + SERIAL_AT, LITTLE_ENDIAN)
      batch[index + 2] = view.getUint32(at + METHOD_AT, LITTLE_ENDIAN)
      batch[index + 3] = bytes[at + FLAGS_AT]
      batch[index + 4] = this.#self()
      batch[index + 5] = this.#args()
      batch[index + 6] = undefined
    }
    return batch
  }

  #self(): Record<string, unknown> | undefined {
    let count = this.#source.bytes[this.#at++] as number
    if (count === NO_SELF) return undefined
    const self: Record<string, unknown> = {}
    for (; count > 0; count--) self[this.#value() as string] = this.#value()
    return self
  }

  #args(): unknown[] {
    const args: unknown[] = []
    for (let count = this.#u16(); count > 0; count--) args.push(this.#value())
    return args
  }

  #value(): unknown {
    const tag = this.#source.bytes[this.#at++] as Tag
    const size = tag < NUMBER ? 0 : tag === NUMBER ? 8 : this.#u16()
    this.#at += size
    return readPayload(this.#source, this.#at - size, this.#at, tag)
  }

  #u16(): number {
    this.#at += LENGTH
    return this.#source.view.getUint16(this.#at - LENGTH, LITTLE_ENDIAN)
  }
}
