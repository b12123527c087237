import { isDeepStrictEqual } from 'node:util'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { memoKey } from '../../src/decorators/memo-key'

class Point {
  constructor(readonly x: number) {}
}

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
    ['functions', () => 1, () => 1],
    ['local symbols', Symbol('a'), Symbol('a')],
  ])('tells apart %s', (_title, a, b) => {
    expect(memoKey([a])).not.toBe(memoKey([b]))
  })

  it('tells apart the number of arguments', () => {
    expect(memoKey([])).not.toBe(memoKey([undefined]))
    expect(memoKey([1, 2])).not.toBe(memoKey([[1, 2]]))
  })

  it('is the same for the same instance', () => {
    const point = new Point(1)
    expect(memoKey([point, 1])).toBe(memoKey([point, 1]))
  })

  it('agrees with structural equality of JSON', () => {
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

function cycle(): unknown {
  const object: Record<string, unknown> = { a: 1 }
  object.self = object
  return object
}
