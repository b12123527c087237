import * as assert from 'node:assert'
import fc from 'fast-check'
import {
  BYTES,
  CODED,
  LIVE,
  pack,
  packArgs,
  packElements,
  packNumbers,
  PLAIN,
  unpack,
  type PackContext,
} from '../../src/wire/values'
import { SerializationError } from '../../src/errors'
import { fromBytes, toBytes } from '../../src/wire/encoding/bytes'
import { isSparse } from '../../src/wire/encoding/arrays'
import { adoptPrototypes } from '../../src/wire/encoding/realm-prototypes'
import { anything } from '../support/arbitrary'
import { carry, process, roundTrip, thread, thrownBy } from './support'

const cloned = (value: unknown): unknown => adoptPrototypes(structuredClone(value))

describe.each([thread, process])('a value to a $kind', (context) => {
  it('arrives as structured clone would copy it', () => {
    fc.assert(
      fc.property(anything, (value) => assert.deepStrictEqual(roundTrip(value, context), cloned(value))),
      { numRuns: 400 },
    )
  })

  it('arrives the same if it is always made bytes', () => {
    const bytes: PackContext = { ...context, bytes: true }
    fc.assert(
      fc.property(anything, (value) => assert.deepStrictEqual(roundTrip(value, bytes), cloned(value))),
      { numRuns: 200 },
    )
  })

  it('arrives the same with markers inside', () => {
    const marker = { '@pebble-ts': 'error', name: 'no error', url: 'x' }
    fc.assert(
      fc.property(anything, (value) => {
        const sent = { url: new URL('http://host/'), value, marker, nested: [{ '@pebble-ts': 'url', marker }] }
        const { url, ...rest } = roundTrip(sent, context) as typeof sent
        const { url: _, ...expected } = sent
        expect(url).toBeInstanceOf(URL)
        assert.deepStrictEqual(rest, cloned(expected))
      }),
      { numRuns: 200 },
    )
  })

  it.each([
    ['small', 3],
    ['large', 3000],
  ])('keeps shared references and cycles, %s', (_, size) => {
    const shared = { size }
    const value: Record<string, unknown> = { a: shared, b: [shared, ...Array.from({ length: size }, (_, i) => i)] }
    value.self = value
    const arrived = roundTrip(value, context) as { a: object; b: object[]; self: object }
    expect(arrived.b[0]).toBe(arrived.a)
    expect(arrived.self).toBe(arrived)
  })

  it.each([
    ['-0', -0],
    ['NaN', NaN],
    ['a bigint', 10n ** 30n],
    ['undefined in an object', { a: undefined }],
    ['holes', [1, , 3]],
    ['undefined in an array', [undefined, 1]],
    ['a key named __proto__', JSON.parse('{"__proto__":{"a":1},"b":{"__proto__":[]}}')],
    ['the properties of a match', /(?<a>b)/.exec('abc')],
    ['a boxed number', Object(5)],
    ['an ArrayBuffer', new Uint8Array([1, 2, 3]).buffer],
    ['a DataView', new DataView(new Uint8Array([1, 2, 3]).buffer, 1)],
    ['regular expressions', [/a/giu]],
    ['lone surrogates', '\ud800'],
    ['an empty object', {}],
    ['what only looks like a marker', { '@pebble-ts': 'url', text: 'http://host/' }],
  ])('keeps %s', (_, value: unknown) => {
    assert.deepStrictEqual(roundTrip(value, context), cloned(value))
  })

  it('keeps an invalid date', () => {
    const date = roundTrip(new Date(NaN), context) as Date
    expect(date).toBeInstanceOf(Date)
    expect(date.getTime()).toBeNaN()
  })

  it('turns null-prototype objects and instances into plain objects, without symbols, with getters evaluated', () => {
    const hidden: unique symbol = Symbol('hidden')
    class Point {
      x = 1;
      [hidden] = 2
      get y() {
        return 3
      }
    }
    const literal = { get z() { return 4 } } // prettier-ignore
    const value = [Object.assign(Object.create(null), { a: 1 }), new Point(), literal]
    assert.deepStrictEqual(roundTrip(value, context), [{ a: 1 }, { x: 1 }, { z: 4 }])
  })

  it('keeps a Buffer a Buffer, at the top and nested', () => {
    const arrived = roundTrip([{ b: Buffer.from('hello') }, new Map([['k', Buffer.from('x')]])], context)
    expect(arrived).toEqual([{ b: Buffer.from('hello') }, new Map([['k', Buffer.from('x')]])])
    expect(Buffer.isBuffer((arrived as [{ b: unknown }])[0].b)).toBe(true)
    expect(Buffer.isBuffer(roundTrip(Buffer.from('a'), context))).toBe(true)
  })

  it('keeps the search parameters of a URL', () => {
    const query = new URLSearchParams({ a: '1', b: 'ä &' })
    const [arrived, again] = roundTrip([query, query], context) as [URLSearchParams, unknown]
    expect(arrived).toBeInstanceOf(URLSearchParams)
    expect(arrived.toString()).toBe('a=1&b=%C3%A4+%26')
    expect(again).toBe(arrived)
  })

  it('reads each item once', () => {
    const get = jest.fn(() => 1)
    const list = Object.defineProperty(['x', 2], 0, { get, enumerable: true })
    expect(roundTrip(Object.assign(list, { index: 0 }), context)).toEqual(Object.assign([1, 2], { index: 0 }))
    expect(get).toHaveBeenCalledTimes(1)
  })

  it('copies an array that is mostly holes without reading each index', () => {
    const sparse: unknown[] = []
    sparse[2 ** 32 - 2] = { e: new TypeError('x') }
    const arrived = roundTrip(sparse, context) as Array<{ e: unknown }>
    expect(arrived).toHaveLength(2 ** 32 - 1)
    expect(arrived[2 ** 32 - 2]?.e).toBeInstanceOf(TypeError)
  })

  it('may be nested deeply', () => {
    let value: object = {}
    for (let i = 0; i < 1500; i++) value = { value }
    assert.deepStrictEqual(JSON.stringify(roundTrip(value, context)), JSON.stringify(value))
  })

  it.each([
    ['plain', () => ({ list: [1], inner: { a: 1 } })],
    ['large', () => ({ list: [1], inner: { a: 1 }, more: Array.from({ length: 1000 }, (_, i) => ({ i })) })],
    ['binary', () => ({ list: [1], inner: { a: 1 }, bytes: new Uint8Array([1, 2, 3]) })],
    ['coded', () => ({ list: [1], inner: { a: 1 }, url: new URL('http://host/') })],
  ])('is a snapshot taken at the call: %s', (_, make: () => { list: number[]; inner: object; bytes?: Uint8Array }) => {
    const value = make()
    const packed = pack(value, context)
    value.list.push(2)
    Object.assign(value.inner, { a: 2 })
    value.bytes?.fill(0)
    assert.deepStrictEqual(unpack(carry(packed, context.kind), packed.flags, {}), make())
  })

  it('may have a getter that packs a value itself', () => {
    const value = { get inner() { return pack({ a: [1] }, context).data } } // prettier-ignore
    assert.deepStrictEqual(roundTrip(value, context), { inner: { a: [1] } })
  })
})

describe('the form of a packed value', () => {
  it('is the argument array itself if all arguments are primitives', () => {
    const args = [1, 'a', undefined, null, true, 1n]
    expect(packArgs(args, thread)).toEqual({ data: args, flags: PLAIN })
    expect(packArgs(args, thread).data).toBe(args)
  })

  it.each([
    ['plain data', [{ a: [1, { b: 2 }] }], PLAIN],
    ['much plain data', Array.from({ length: 300 }, (_, i) => i), BYTES],
    ['a Buffer', [Buffer.from('a')], BYTES],
    ['a Map', new Map(), BYTES],
    ['a Set', new Set(), BYTES],
    ['an Error', new Error('x'), CODED],
    ['an Error and a Date', [new Error('x'), new Date()], CODED | BYTES],
    ['shared memory', new SharedArrayBuffer(1), LIVE],
    ['shared memory and a Buffer', [new SharedArrayBuffer(1), Buffer.from('a')], CODED | LIVE],
  ])('has the flags of %s', (_, value, flags) => {
    expect(pack(value, thread).flags).toBe(flags)
  })

  it('is a copy up to 256 objects and values, and bytes above', () => {
    const url = new URL('http://host/')
    const fields = (count: number, value: unknown): object =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, value]))
    const items = (count: number, value: unknown): unknown[] => Array.from({ length: count }, () => value)
    for (const make of [fields, items]) {
      expect(pack(make(255, 1), process).flags).toBe(PLAIN)
      expect(pack(make(256, 1), process).flags).toBe(BYTES)
      expect(pack(make(255, url), process).flags).toBe(CODED)
      expect(pack(make(256, url), process).flags).toBe(CODED | BYTES)
    }
  })

  it('is bytes for all but primitives if the context asks for bytes', () => {
    expect(pack({ a: 1 }, { ...process, bytes: true })).toMatchObject({ flags: BYTES, data: expect.any(Uint8Array) })
    expect(pack(new Error('x'), { ...process, bytes: true }).flags).toBe(CODED | BYTES)
    expect(pack(5, { ...process, bytes: true })).toEqual({ data: 5, flags: PLAIN })
  })
})

describe('a sparse array', () => {
  /** An array in which this many of the 64 sampled indexes are filled, and no others. */
  const filled = (length: number, places: number): unknown[] => {
    const array = new Array<unknown>(length)
    for (let i = 0; i < places; i++) array[Math.floor((i * length) / 64)] = 1
    return array
  }

  it('has a length of at least 4096, and more than half of the sampled indexes are holes', () => {
    expect(isSparse(filled(4096, 31))).toBe(true)
    expect(isSparse(filled(4096, 32))).toBe(false)
    expect(isSparse(filled(4095, 0))).toBe(false)
    expect(isSparse(filled(1_000_001, 31))).toBe(true)
    expect(isSparse(filled(1_000_001, 32))).toBe(false)
  })
})

describe.each([thread, process])('an array to a $kind', (context) => {
  const items = (length: number): unknown[] => Array.from({ length }, (_, i) => i)
  it.each<[string, unknown[]]>([
    ['as many holes as named properties', Object.assign([1, , 3], { extra: 'x' })],
    ['a hole at its end and a named property', Object.assign([1, ,], { extra: 'x' })],
    ['the same, and many items', Object.assign([...items(300), ,], { extra: new URL('http://host/') })],
    ['10,000 items and a named URL', Object.assign(items(10_000), { extra: new URL('http://host/') })],
    ['a property named __proto__', Object.defineProperty([1], '__proto__', { value: 5, enumerable: true, configurable: true, writable: true })], // prettier-ignore
  ])('keeps %s', (_, value) => {
    for (const place of [(each: unknown) => each, (each: unknown) => ({ each, error: new Error('x') })]) {
      const arrived = roundTrip(place(value), context)
      const array = (Array.isArray(arrived) ? arrived : (arrived as { each: unknown }).each) as unknown[]
      expect(Object.getOwnPropertyDescriptors(array)).toStrictEqual(Object.getOwnPropertyDescriptors(value))
    }
  })
})

describe('a value that is nested too deeply for the receiver', () => {
  const nest = (levels: number, value: unknown): unknown => {
    for (let i = 0; i < levels; i++) value = { value }
    return value
  }

  it('fails with a SerializationError when it is read', () => {
    // an array in an array in an array …, as V8 writes it
    const bytes = Buffer.concat([Buffer.from([0xff, 0x0f]), Buffer.alloc(400_000, Buffer.from([0x41, 0x01]))])
    expect(() => unpack(bytes, BYTES, {})).toThrow(SerializationError)
  })

  it('is refused by the sender if only postMessage can carry it, because the receiver would get no error', () => {
    const memory = new SharedArrayBuffer(1)
    expect(() => pack(nest(400, memory), thread)).not.toThrow()
    expect(thrownBy(() => pack(nest(600, memory), thread))).toMatchObject({
      path: 'result.value',
      message: 'Cannot send `result.value` from a worker: it is nested too deeply. Send it flat, or in parts.',
    })
  })
})

describe('the memory of a received value', () => {
  it('is separate for each typed array, so that one can be moved alone', () => {
    const sent = [new Float64Array([1, 2]), Buffer.from('abc'), new Uint8Array([7]), Buffer.from('d')]
    const arrived = roundTrip(sent, process) as Array<Uint8Array | Float64Array>
    expect(new Set(arrived.map((view) => view.buffer)).size).toBe(4)
    expect(arrived.map((view) => view.buffer.byteLength)).toEqual([16, 3, 1, 1])
  })

  it('is a copy if the message is part of a larger buffer, or in shared memory', () => {
    const message = toBytes(Buffer.alloc(10_000, 1)) as Uint8Array
    const among = new Uint8Array(message.byteLength + 8)
    const shared = new Uint8Array(new SharedArrayBuffer(message.byteLength))
    among.set(message)
    shared.set(message)
    for (const bytes of [among.subarray(0, message.byteLength), shared]) {
      const { buffer, byteLength } = fromBytes(bytes) as Buffer
      expect([buffer.byteLength, byteLength]).toEqual([10_000, 10_000])
      expect(buffer).not.toBe(bytes.buffer)
    }
  })

  it('is not copied again for a large Buffer that makes up the message', () => {
    const packed = pack(Buffer.alloc(10_000, 1), thread)
    const data = carry(packed, 'thread') as Uint8Array
    expect((unpack(data, packed.flags, {}) as Buffer).buffer).toBe(data.buffer)
  })
})

describe('the arguments of the elements of a chunk', () => {
  it('are a typed array if all of them are numbers', () => {
    const args = [1, -0, NaN, 2.5, Infinity]
    expect(packElements(args, process)).toMatchObject({ data: Float64Array.from(args), flags: PLAIN })
    expect(packNumbers(args)).toEqual(Float64Array.from(args))
    expect(packNumbers([])).toEqual(new Float64Array())
  })

  it.each([[[1, '2']], [['1', 2]], [[1, undefined, 2]], [[1n]], [[1, null]]])(
    'are sent as they are otherwise: %p',
    (args) => {
      expect(packNumbers(args)).toBe(args)
      expect(packElements(args, process)).toMatchObject({ data: args, flags: PLAIN })
    },
  )

  it('are copied like other arguments', () => {
    const item = { count: 1 }
    const { data } = packElements([item, 2], process)
    item.count = 3
    expect(data).toEqual([{ count: 1 }, 2])
    expect(thrownBy(() => packElements([1, () => 1], process))).toBeInstanceOf(SerializationError)
  })
})
