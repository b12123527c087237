/**
 * Values as bytes, written by V8's serializer. Large memory is not written among them: it stays beside the bytes, in
 * parts, each of which becomes the memory of a received ArrayBuffer, typed array or Buffer without another copy.
 *
 *   [ArrayBuffer, Buffer, { a: 1 }]  ──►  [ bytes: `part 0`, `Buffer on part 1`, { a: 1 } │ part 0 │ part 1 ]
 */
import { types } from 'node:util'
import type { DefaultDeserializer, DefaultSerializer } from 'node:v8'
import { v8 } from '../../utils/lazy'

/** Memory from this size on, in bytes, stays beside the bytes. */
export const LARGE = 64 * 1024

/** A value as bytes, and the parts beside them if there are any. */
export type Bytes = Uint8Array | BytesAndParts
export type BytesAndParts = readonly [bytes: Uint8Array, ...parts: Uint8Array[]]

export const hasParts = (data: Bytes): data is BytesAndParts => Array.isArray(data)

// Node.js defines these hooks; its types do not
type BaseWriter = new () => DefaultSerializer & { _writeHostObject(view: ArrayBufferView): void }
type BaseReader = new (bytes: Uint8Array) => DefaultDeserializer & { _readHostObject(): ArrayBufferView }

/** Whether a buffer can be a part. Resizable buffers cannot: a part has one size. */
export function isLarge(buffer: ArrayBuffer): boolean {
  return buffer.byteLength >= LARGE && (buffer as { readonly resizable?: boolean }).resizable !== true
}

/**
 * @param buffers ArrayBuffers in the value that become parts. Large views always do
 * @param copied the parts are copies. Without, they are the memory of the value itself
 */
export function toBytes(value: unknown, buffers: Iterable<ArrayBuffer> = [], copied = true): Bytes {
  const writer = new (Writer ??= defineWriter())()
  for (const buffer of buffers) writer.addBuffer(buffer)
  writer.writeHeader()
  writer.writeValue(value)
  const bytes = writer.releaseBuffer()
  if (writer.parts.length === 0) return bytes
  return [bytes, ...(copied ? writer.parts.map(copyOf) : writer.parts)]
}

export function fromBytes(data: Bytes): unknown {
  const [bytes, ...parts] = hasParts(data) ? data : [data]
  const reader = new (Reader ??= defineReader())(bytes, parts.map(inOwnMemory))
  reader.readHeader()
  return reader.readValue()
}

let Writer: ReturnType<typeof defineWriter> | undefined
let Reader: ReturnType<typeof defineReader> | undefined

/** The classes are defined when bytes are first needed: that loads the module of their base classes. */
function defineWriter() {
  const Base = v8().DefaultSerializer as unknown as BaseWriter
  return class Writer extends Base {
    readonly parts: Uint8Array[] = []

    addBuffer(buffer: ArrayBuffer): void {
      this.transferArrayBuffer(this.parts.length, buffer)
      this.parts.push(new Uint8Array(buffer))
    }

    /** V8 calls this for each view. Writes 0 and the bytes, or the number of the part and the class. */
    override _writeHostObject(view: ArrayBufferView): void {
      const { buffer, byteOffset, byteLength } = view
      const cls = byteLength < LARGE || types.isSharedArrayBuffer(buffer) ? -1 : CLASSES.indexOf(classOf(view))
      if (cls === -1) {
        this.writeUint32(0)
        super._writeHostObject(view)
      } else {
        this.writeUint32(this.parts.push(new Uint8Array(buffer, byteOffset, byteLength)))
        this.writeUint32(cls)
      }
    }
  }
}

/**
 * In Node.js, Buffers and typed arrays that are read are views of the message and share its ArrayBuffer. Moving one
 * would move the others, `.buffer` is not what was sent, and a small view keeps a large message in memory. This reader
 * copies each into memory of its own, except a Buffer that makes up most of the message.
 */
function defineReader() {
  const Base = v8().DefaultDeserializer as unknown as BaseReader
  return class Reader extends Base {
    private readonly shareFrom: number

    constructor(
      bytes: Uint8Array,
      private readonly parts: readonly Uint8Array[],
    ) {
      super(bytes)
      const ownsMemory = bytes.byteLength === bytes.buffer.byteLength && !types.isSharedArrayBuffer(bytes.buffer)
      this.shareFrom = ownsMemory ? bytes.byteLength / 2 : Infinity
      parts.forEach((part, index) => this.transferArrayBuffer(index, part.buffer as ArrayBuffer))
    }

    /** V8 calls this for each view. */
    override _readHostObject(): ArrayBufferView {
      const part = this.readUint32()
      if (part > 0) return viewOf((this.parts[part - 1] as Uint8Array).buffer as ArrayBuffer, this.readUint32())
      const view = super._readHostObject()
      if (Buffer.isBuffer(view)) return view.byteLength > this.shareFrom ? view : ownBuffer(view)
      if (types.isDataView(view)) return new DataView(ownBuffer(view).buffer)
      return (view as Uint8Array).slice()
    }
  }
}

const CLASSES = [
  'Buffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array',
  'Float16Array Float32Array Float64Array BigInt64Array BigUint64Array',
]
  .join(' ')
  .split(' ')

const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype) as object
const tagOf = Object.getOwnPropertyDescriptor(TYPED_ARRAY, Symbol.toStringTag)?.get as () => string

function classOf(view: ArrayBufferView): string {
  if (Buffer.isBuffer(view)) return 'Buffer'
  return types.isDataView(view) ? 'DataView' : tagOf.call(view)
}

function viewOf(buffer: ArrayBuffer, cls: number): ArrayBufferView {
  if (cls === 0) return Buffer.from(buffer)
  const name = CLASSES[cls] as 'Uint8Array'
  return new globalThis[name](buffer)
}

/** A copy of these bytes alone, without the pool around them. */
function copyOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array((buffer as ArrayBuffer).slice(byteOffset, byteOffset + byteLength))
}

function inOwnMemory(part: Uint8Array): Uint8Array {
  return part.byteLength === part.buffer.byteLength ? part : copyOf(part)
}

function ownBuffer({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  const copy = Buffer.allocUnsafeSlow(byteLength)
  copy.set(new Uint8Array(buffer, byteOffset, byteLength))
  return copy
}
