import * as assert from 'node:assert'
import fc from 'fast-check'
import { copySmall, NOT_SMALL } from '../../../src/wire/encoding/small-copy'
import { transfer } from '../../../src/wire/transfer'
import { ValueEncoder } from '../../../src/wire/encoding/value-encoder'
import { anything } from '../../support/arbitrary'
import { process } from '../support'

const items = (length: number): number[] => Array.from({ length }, (_, i) => i)
const fields = (count: number): object => Object.fromEntries(items(count).map((i) => [`f${i}`, i]))
const objects = (count: number): object => items(count - 1).map(() => ({}))

describe('a small copy', () => {
  it('is what the encoder would return, or does not exist', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const copy = typeof value === 'object' && value !== null ? copySmall(value) : NOT_SMALL
        if (copy === NOT_SMALL) return
        assert.deepStrictEqual(copy, new ValueEncoder(process, { budget: Infinity, live: false }).encode(value))
      }),
      { numRuns: 300 },
    )
  })

  it('is a copy, at every level', () => {
    const value = { list: [1, { a: 'x' }, []], inner: { b: undefined, c: null }, bare: Object.create(null) as object }
    const copy = copySmall(value) as typeof value
    assert.deepStrictEqual(copy, { ...value, bare: {} })
    expect(copy).not.toBe(value)
    expect(copy.list).not.toBe(value.list)
    expect(copy.list[1]).not.toBe(value.list[1])
    expect(copy.inner).not.toBe(value.inner)
  })

  it('keeps shared references and cycles', () => {
    const shared = {}
    const value: Record<string, unknown> = { shared, list: [shared] }
    value.self = [value]
    const copy = copySmall(value) as { shared: object; list: object[]; self: object[] }
    expect(copy.list[0]).toBe(copy.shared)
    expect(copy.self[0]).toBe(copy)
    expect(copy.shared).not.toBe(shared)
  })

  it.each<[string, object, object]>([
    ['12 objects', objects(12), objects(13)],
    ['200 items', items(200), items(201)],
    ['200 fields', fields(200), fields(201)],
    ['200 values altogether', [items(99), fields(99)], [items(99), fields(100)]],
  ])('has %s at most', (_, most, more) => {
    assert.deepStrictEqual(copySmall(most), most)
    expect(copySmall(more)).toBe(NOT_SMALL)
  })

  it.each<[string, object]>([
    ['a function', () => 1],
    ['a Date', new Date()],
    ['an instance', new (class Point {})()],
    ['an array of a class', new (class List extends Array {})()],
    ['an array with holes', [1, , 2]],
    ['an array with a name', Object.assign([1], { a: 1 })],
    ['an object that inherits from an array', Object.create(Array.prototype) as object],
    ['a proxy', new Proxy({}, {})],
    ['what is to be moved', transfer({}, [])],
    ['a getter that throws', { get a() { throw new Error('x') } }], // prettier-ignore
  ])('is not made for %s', (_, value) => {
    for (const each of [value, [value], { value }, [[1], { value }]]) expect(copySmall(each)).toBe(NOT_SMALL)
    expect(copySmall([1])).toEqual([1])
  })

  it('is not made for symbols, or for an object under the key __proto__', () => {
    for (const value of [[Symbol('x')], { a: Symbol('x') }, JSON.parse('{"__proto__":{}}')])
      expect(copySmall(value as object)).toBe(NOT_SMALL)
    const own = JSON.parse('{"__proto__":5}') as object
    assert.deepStrictEqual(copySmall(own), own)
  })

  it('is made one at a time: a getter that asks for another gets none', () => {
    let inner: unknown
    const value = { get a() { inner = copySmall({ b: 1 }); return 1 }, c: [2] } // prettier-ignore
    assert.deepStrictEqual(copySmall(value), { a: 1, c: [2] })
    expect(inner).toBe(NOT_SMALL)
    assert.deepStrictEqual(copySmall({ b: 1 }), { b: 1 })
  })
})
