import { isDeepStrictEqual } from 'node:util'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { memoKey } from '../../src/decorators/memo-key'

class Point {
  constructor(readonly x: number) {}
}

class Vector extends Array<number> {}

class Moment extends Date {}

const List = { Array: class Array extends globalThis.Array<number> {} }

describe('memoKey', () => {
  it.each<[string, unknown, unknown]>([
    ['objects, in any order of their keys', { a: 1, b: [2, { c: 3 }] }, { b: [2, { c: 3 }], a: 1 }],
    ['objects without a prototype', { a: 1 }, Object.assign(Object.create(null) as object, { a: 1 })],
    ['objects of another realm', { a: [1] }, runInNewContext('({ a: [1] })')],
    ['dates', new Date(5), new Date(5)],
    ['maps', new Map([[{ a: 1 }, 2]]), new Map([[{ a: 1 }, 2]])],
    ['sets', new Set([1, '2']), new Set([1, '2'])],
    ['regular expressions', /a/g, new RegExp('a', 'g')],
    ['URLs', new URL('https://x.y'), new URL('https://x.y/')],
    ['buffers', Buffer.from('abc'), Buffer.from('abc')],
    ['typed arrays', new Float64Array([1, 2]), new Float64Array([1, 2])],
    ['registered symbols', Symbol.for('a'), Symbol.for('a')],
    ['cycles', cycle(), cycle()],
    ['holes and undefined', [1, , 3], [1, undefined, 3]],
    ['arrays that are all holes', new Array(5), new Array(5)],
  ])('is the same for equal %s', (_title, a, b) => {
    expect(memoKey([a])).toBe(memoKey([b]))
  })

  it.each<[string, unknown, unknown]>([
    ['a number and its text', 1, '1'],
    ['zero and minus zero', 0, -0],
    ['a number and a bigint', 1, 1n],
    ['null and undefined', null, undefined],
    ['an array and its text', [1, 2], '[1,2]'],
    ['an array in an array and its elements', [[1], 2], [1, [2]]],
    ['a set and an array', new Set([1]), [1]],
    ['a map and an object', new Map([['a', 1]]), { a: 1 }],
    ['a missing and an undefined property', {}, { a: undefined }],
    ['a date and its number', new Date(5), 5],
    ['invalid and valid dates', new Date(NaN), new Date(0)],
    ['bytes in different kinds of array', new Uint8Array([1, 0]), new Int8Array([1, 0])],
    ['flags of regular expressions', /a/, /a/g],
    ['a regular expression and its text', /a/, '/a/'],
    ['a key with a colon', { 'a:1': 1 }, { a: '1:1' }],
    ['instances of classes', new Point(1), new Point(1)],
    ['a list of URLs and one URL with their text', urls('http://a/', 'http://b/'), urls('http://a/),URL(http://b/')],
    ['arrays with properties', Object.assign([1], { unit: 'm' }), Object.assign([1], { unit: 'm' })],
    ['an array with a property and one without', Object.assign([1], { unit: 'm' }), [1]],
    ['an array with something like an index and one without', Object.assign([1], { '01': 2 }), [1]],
    ['an array with nothing but a property and an empty one', Object.assign([], { '1.5': 2 }), []],
    ['instances of subclasses of Array', Vector.from([1]), Vector.from([1])],
    ['instances of subclasses with the name of their parent', new List.Array(), new List.Array()],
    ['instances of subclasses of Date', new Moment(5), new Moment(5)],
    ['dates with properties', Object.assign(new Date(5), { zone: 1 }), Object.assign(new Date(5), { zone: 2 })],
    ['regular expressions with properties', Object.assign(/a/, { a: 1 }), Object.assign(/a/, { a: 2 })],
    ['maps with properties', Object.assign(new Map(), { a: 1 }), Object.assign(new Map(), { a: 2 })],
    ['objects that claim to be dates', { [Symbol.toStringTag]: 'Date' }, { [Symbol.toStringTag]: 'Date' }],
    ['arrays without a prototype', Object.setPrototypeOf([], null), Object.setPrototypeOf([], null)],
    ['functions', () => 1, () => 1],
    ['local symbols', Symbol('a'), Symbol('a')],
  ])('differs for %s', (_title, a, b) => {
    expect(memoKey([a])).not.toBe(memoKey([b]))
  })

  it('compares huge arrays that are almost empty by identity, without visiting their holes', () => {
    const [sparse, other] = [sparseArray(), sparseArray()]
    expect(memoKey([sparse])).toBe(memoKey([sparse]))
    expect(memoKey([sparse])).not.toBe(memoKey([other]))
  })

  it('differs for different numbers of arguments', () => {
    expect(memoKey([])).not.toBe(memoKey([undefined]))
    expect(memoKey([1, 2])).not.toBe(memoKey([[1, 2]]))
  })

  it('is the same for the same instance', () => {
    const point = new Point(1)
    expect(memoKey([point, 1])).toBe(memoKey([point, 1]))
  })

  it('is the same for JSON values exactly if they are deeply equal', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const copy: unknown = structuredClone(a)
        expect(memoKey([copy])).toBe(memoKey([a]))
        const equal = isDeepStrictEqual(a, b)
        expect(memoKey([a]) === memoKey([b])).toBe(equal)
      }),
    )
  })
})

function urls(...hrefs: string[]): URL[] {
  return hrefs.map((href) => new URL(href))
}

function sparseArray(): unknown[] {
  const array: unknown[] = []
  array[2 ** 28] = 1
  return array
}

function cycle(): unknown {
  const object: Record<string, unknown> = { a: 1 }
  object.self = object
  return object
}
