import { areaOf } from '../../src/wire/area'
import { readPayload, Tag, writeValue } from '../../src/wire/primitives'

const VALUES: ReadonlyArray<[value: unknown, tag: Tag, size: number]> = [
  [undefined, Tag.Undefined, 0],
  [null, Tag.Null, 0],
  [true, Tag.True, 0],
  [false, Tag.False, 0],
  [-0, Tag.Number, 8],
  ['', Tag.Latin1, 0],
  ['a\u00ff', Tag.Latin1, 2],
  ['a\u0100', Tag.Utf16, 4],
  ['\u00ff'.repeat(64), Tag.Latin1, 64],
  ['\u00ff'.repeat(65), Tag.Latin1, 65],
  [`${'a'.repeat(63)}\u0100`, Tag.Utf16, 128],
  [`${'a'.repeat(64)}\u0100`, Tag.Utf16, 130],
]

describe('the encoding of a primitive', () => {
  test.each(VALUES)('is a tag and a payload: %p', (value, tag, size) => {
    for (const gap of [0, 2]) {
      const target = Buffer.alloc(150, 0xee)
      const from = 4 + (typeof value === 'string' ? gap : 0)
      expect(writeValue(areaOf(target), 3, value, gap)).toBe(from + size)
      expect(target[3]).toBe(tag)
      expect(target.subarray(from + size).every((byte) => byte === 0xee)).toBe(true)
      expect(readPayload(areaOf(target), from, from + size, tag)).toBe(value)
    }
  })

  test('exists for bytes, which are copied when they are read', () => {
    const target = Buffer.alloc(5)
    expect(writeValue(areaOf(target), 1, Uint8Array.of(1, 2), 0)).toBe(4)
    expect(target[1]).toBe(Tag.Bytes)
    const bytes = readPayload(areaOf(target), 2, 4, Tag.Bytes)
    target.fill(0)
    expect(bytes).toEqual(Buffer.of(1, 2))
  })

  test.each([{}, [], 1n, Symbol('s'), () => undefined, new Uint16Array(1)])('does not exist for %p', (value) => {
    expect(writeValue(areaOf(Buffer.alloc(20)), 3, value, 0)).toBe(0)
  })
})
