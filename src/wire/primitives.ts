/**
 * Primitives and bytes as a tag and a payload. Frames (`frames.ts`) and quick batches (`quick-batch.ts`) both use this
 * encoding; they differ in where they put the tag, and in how they tell the length of a text.
 */
export const enum Tag {
  Undefined,
  Null,
  True,
  False,
  Number, // f64
  Latin1,
  Utf16,
  Bytes,
  None, // the value has no encoding here
}

export function tagOf(value: unknown): Tag {
  switch (typeof value) {
    case 'number':
      return Tag.Number
    case 'string':
      return isLatin1(value) ? Tag.Latin1 : Tag.Utf16
    case 'undefined':
      return Tag.Undefined
    case 'boolean':
      return value ? Tag.True : Tag.False
    case 'object':
      if (value === null) return Tag.Null
      return value instanceof Uint8Array ? Tag.Bytes : Tag.None
    default:
      return Tag.None
  }
}

/** Writes the payload of a value at `at`, where there must be room for it. Returns the end. */
export function writePayload(target: Buffer, at: number, tag: Tag, value: unknown): number {
  switch (tag) {
    case Tag.Number:
      return target.writeDoubleLE(value as number, at)
    case Tag.Latin1:
      return at + target.write(value as string, at, 'latin1')
    case Tag.Utf16:
      return at + target.write(value as string, at, 'utf16le')
    case Tag.Bytes:
      target.set(value as Uint8Array, at)
      return at + (value as Uint8Array).byteLength
    default:
      return at
  }
}

/** Reads the payload from `from` to `end`. Bytes are copied, because the source is reused. */
export function readPayload(source: Buffer, from: number, end: number, tag: Tag): unknown {
  switch (tag) {
    case Tag.Null:
      return null
    case Tag.True:
      return true
    case Tag.False:
      return false
    case Tag.Number:
      return source.readDoubleLE(from)
    case Tag.Latin1:
      return source.toString('latin1', from, end)
    case Tag.Utf16:
      return source.toString('utf16le', from, end)
    case Tag.Bytes:
      return Uint8Array.prototype.slice.call(source, from, end)
    default:
      return undefined
  }
}

export const isText = (tag: Tag): boolean => tag === Tag.Latin1 || tag === Tag.Utf16

/** Bytes that a payload takes; `characters` counts those of a text. Not for bytes. */
export function payloadSize(tag: Tag, characters: number): number {
  switch (tag) {
    case Tag.Number:
      return 8
    case Tag.Latin1:
      return characters
    case Tag.Utf16:
      return 2 * characters
    default:
      return 0
  }
}

function isLatin1(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 255) return false
  return true
}
