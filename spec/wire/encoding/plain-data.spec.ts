import { isPlainData } from '../../../src/wire/encoding/plain-data'
import { registerSerializable, serialize } from '../../../src/wire/serializable'
import { transfer } from '../../../src/wire/transfer'

class Point {
  x = 1
}
class Money {
  amount = 1
}
registerSerializable('scan#Money', Money)
class Hooked {
  [serialize](): void {}
}

const FINE: ReadonlyArray<[string, unknown]> = [
  ['a number', 1],
  ['a bigint', 1n],
  ['a string', 'x'],
  ['undefined', undefined],
  ['null', null],
  ['a Date', new Date(0)],
  ['a RegExp', /x/],
  ['a boxed number', Object(1)],
  ['an ArrayBuffer', new ArrayBuffer(1)],
  ['a Buffer', Buffer.from('x')],
  ['a DataView', new DataView(new ArrayBuffer(1))],
  ['an object', { a: [1] }],
  ['an object without a prototype', Object.create(null)],
  ['an array with holes', [1, , 2]],
  ['a Map', new Map([[{}, []]])],
  ['a Set', new Set([{}])],
]

const OTHER: ReadonlyArray<[string, unknown]> = [
  ['a function', () => 1],
  ['a symbol', Symbol('x')],
  ['a URL', new URL('http://host/')],
  ['an Error', new Error('x')],
  ['a Promise', Promise.resolve()],
  ['a proxy', new Proxy({}, {})],
  ['shared memory', new SharedArrayBuffer(1)],
  ['a view of it', new Uint8Array(new SharedArrayBuffer(1))],
  ['a view that is none', Object.create(Uint8Array.prototype)],
  ['a Blob', new Blob([])],
  ['what is to be moved', transfer({}, [])],
  ['an instance of a serializable class', new Money()],
  ['an instance with a hook', new Hooked()],
  ['a getter that throws', { get a() { throw new Error('x') } }], // prettier-ignore
]

const items = (length: number): unknown[] => Array.from({ length }, (_, i) => i)
const sparse = (value: unknown): unknown[] => {
  const array: unknown[] = []
  array[100_000] = value
  return array
}

const PLACES: ReadonlyArray<[string, (value: unknown) => unknown]> = [
  ['alone', (value) => value],
  ['as a property', (value) => ({ a: 1, b: { value }, c: 2 })],
  ['as an item', (value) => [1, [value], 2]],
  ['as an item of many', (value) => [...items(300), value, ...items(300)]],
  ['in an array that is mostly empty', sparse],
  ['as a named property of an array', (value) => Object.assign([1], { value })],
  ['as a named property of an array with a hole', (value) => Object.assign([1, , 3], { value })],
  ['as a named property of a long array', (value) => Object.assign(items(9_999), { value })],
  ['as a named property of a longer array', (value) => Object.assign(items(10_000), { value })],
  ['as a key of a Map', (value) => new Map<unknown, unknown>([[1, 2], [value, 3], [4, 5]])], // prettier-ignore
  ['as a value of a Map', (value) => new Map<unknown, unknown>([[1, 2], [3, value], [4, 5]])], // prettier-ignore
  ['as an item of a Set', (value) => new Set([1, value, 2])],
  ['beside itself', (value) => [value, { value }]],
]

describe.each(PLACES)('plain data, %s', (_, place) => {
  it.each(FINE)('may be %s', (_name, value) => {
    expect(isPlainData(place(value), true)).toBe(true)
    expect(isPlainData([place(value), place(value)], false)).toBe(true)
  })

  it.each(OTHER)('is not %s', (_name, value) => {
    expect(isPlainData(place(value), false)).toBe(false)
    expect(isPlainData([1, place(value), {}], true)).toBe(false)
  })

  it('may be an instance, unless packing is strict', () => {
    expect(isPlainData(place(new Point()), false)).toBe(true)
    expect(isPlainData(place(new Point()), true)).toBe(false)
  })
})

describe('plain data', () => {
  it('may contain itself', () => {
    const value: Record<string, unknown> = { list: [] }
    value.self = [value, new Map([[value, new Set([value])]])]
    expect(isPlainData(value, true)).toBe(true)
    expect(isPlainData([value, () => value], true)).toBe(false)
  })

  it('may be nested 20,000 levels deep, but not without end', () => {
    const nest = (levels: number): unknown => {
      let value: unknown = []
      for (let i = 1; i < levels; i++) value = [value]
      return value
    }
    const endless = (): object => ({ get next() { return endless() } }) // prettier-ignore
    expect(isPlainData([{}, nest(19_999)], true)).toBe(true)
    expect(isPlainData([{}, nest(20_000)], true)).toBe(false)
    expect(isPlainData(endless(), true)).toBe(false)
  })
})
