/** Values as bytes, written by V8's serializer. */
import { types } from 'node:util'
import type { DefaultDeserializer } from 'node:v8'
import { v8 } from '../../utils/lazy'

export function toBytes(value: unknown): Uint8Array {
  return v8().serialize(value)
}

export function fromBytes(bytes: Uint8Array): unknown {
  const reader = new (Reader ??= defineReader())(bytes)
  reader.readHeader()
  return reader.readValue()
}

type ReaderClass = new (bytes: Uint8Array) => DefaultDeserializer

let Reader: ReaderClass | undefined

/**
 * In Node.js, Buffers and typed arrays that are read are views of the message and share its ArrayBuffer. Moving one
 * would move the others, `.buffer` is not what was sent, and a small view keeps a large message in memory. This reader
 * copies each into memory of its own, except a Buffer that makes up most of the message.
 */
function defineReader(): ReaderClass {
  // Node.js defines `_readHostObject`; its types do not
  const Base = v8().DefaultDeserializer as unknown as new (
    bytes: Uint8Array,
  ) => DefaultDeserializer & { _readHostObject(): ArrayBufferView }
  return class extends Base {
    private readonly shareFrom: number

    constructor(bytes: Uint8Array) {
      super(bytes)
      const ownsMemory = bytes.byteLength === bytes.buffer.byteLength && !types.isSharedArrayBuffer(bytes.buffer)
      this.shareFrom = ownsMemory ? bytes.byteLength / 2 : Infinity
    }

    // V8 calls this for each view
    override _readHostObject(): ArrayBufferView {
      const view = super._readHostObject()
      if (Buffer.isBuffer(view)) return view.byteLength > this.shareFrom ? view : ownBuffer(view)
      if (types.isDataView(view)) return new DataView(ownBuffer(view).buffer)
      return (view as Uint8Array).slice()
    }
  }
}

function ownBuffer({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  const copy = Buffer.allocUnsafeSlow(byteLength)
  copy.set(new Uint8Array(buffer, byteOffset, byteLength))
  return copy
}
