import { isText, payloadSize, readPayload, Tag, tagOf, writePayload } from '../../src/wire/primitives'

const VALUES: ReadonlyArray<[value: unknown, tag: Tag, size: number]> = [
  [undefined, Tag.Undefined, 0],
  [null, Tag.Null, 0],
  [true, Tag.True, 0],
  [false, Tag.False, 0],
  [-0, Tag.Number, 8],
  ['', Tag.Latin1, 0],
  ['a\u00ff', Tag.Latin1, 2],
  ['a\u0100', Tag.Utf16, 4],
]

describe('the encoding of a primitive', () => {
  test.each(VALUES)('has a tag and a payload of known size: %p', (value, tag, size) => {
    expect(tagOf(value)).toBe(tag)
    expect(isText(tag)).toBe(typeof value === 'string')
    expect(payloadSize(tag, typeof value === 'string' ? value.length : 0)).toBe(size)
    const target = Buffer.alloc(20, 0xee)
    expect(writePayload(target, 3, tag, value)).toBe(3 + size)
    expect(target.subarray(3 + size).every((byte) => byte === 0xee)).toBe(true)
    expect(readPayload(target, 3, 3 + size, tag)).toBe(value)
  })

  test('exists for bytes, which are copied when they are read', () => {
    const target = Buffer.alloc(4)
    expect(tagOf(Uint8Array.of(1, 2))).toBe(Tag.Bytes)
    expect(writePayload(target, 1, Tag.Bytes, Uint8Array.of(1, 2))).toBe(3)
    const bytes = readPayload(target, 1, 3, Tag.Bytes)
    target.fill(0)
    expect(bytes).toEqual(Buffer.of(1, 2))
  })

  test.each([{}, [], 1n, Symbol('s'), () => undefined, new Uint16Array(1)])('does not exist for %p', (value) => {
    expect(tagOf(value)).toBe(Tag.None)
  })
})
