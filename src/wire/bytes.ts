/** Values as bytes, by V8's serializer. */
import { types } from 'node:util'
import { DefaultDeserializer, serialize } from 'node:v8'

// `_readHostObject` is Node's own, and missing in its types
const Base = DefaultDeserializer as unknown as new (
  bytes: Uint8Array,
) => DefaultDeserializer & { _readHostObject(): ArrayBufferView }

export function toBytes(value: unknown): Uint8Array {
  return serialize(value)
}

export function fromBytes(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes)
  reader.readHeader()
  return reader.readValue()
}

/**
 * Node's reader lays Buffers and typed arrays over the bytes it reads: all of them share one ArrayBuffer, so moving one
 * would take the others along, `.buffer` is not what was sent, and a small one keeps a large message in memory. Here
 * each has its own, but for a Buffer that is most of a message of its own.
 */
class Reader extends Base {
  private readonly shareFrom: number

  constructor(bytes: Uint8Array) {
    super(bytes)
    const alone = bytes.byteLength === bytes.buffer.byteLength && !types.isSharedArrayBuffer(bytes.buffer)
    this.shareFrom = alone ? bytes.byteLength / 2 : Infinity
  }

  // called by V8 for every view
  override _readHostObject(): ArrayBufferView {
    const view = super._readHostObject()
    if (Buffer.isBuffer(view)) return view.byteLength > this.shareFrom ? view : ownBuffer(view)
    if (types.isDataView(view)) return new DataView(ownBuffer(view).buffer)
    return (view as Uint8Array).slice()
  }
}

function ownBuffer({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  const copy = Buffer.allocUnsafeSlow(byteLength)
  copy.set(new Uint8Array(buffer, byteOffset, byteLength))
  return copy
}
