import fc from 'fast-check'
import { areaOf } from '../../src/wire/area'
import type { CallBatch } from '../../src/wire/call-batch'
import { QUICK, readQuick, writeQuick } from '../../src/wire/quick-batch'

const HEAD = 8

interface Fields {
  readonly sequence?: number
  readonly serial?: number
  readonly method?: number
  readonly flags?: number
  readonly self?: unknown
  readonly args?: unknown
  readonly extra?: unknown
}

const call = ({ sequence = 1, serial = 2, method = 3, flags = 0, self, args = [], extra }: Fields): unknown[] => [
  sequence,
  serial,
  method,
  flags,
  self,
  args,
  extra,
]

const batchOf = (...calls: Fields[]): CallBatch => [0, ...calls.flatMap(call)]

/** What the other side reads, or undefined if the batch has no quick form. */
function carried(batch: CallBatch): CallBatch | undefined {
  const bytes = writeQuick(batch)
  return bytes && readQuick(areaOf(Buffer.from(bytes)), HEAD)
}

const items = (length: number): number[] => Array.from({ length }, (_, i) => i)
const fields = (count: number): object => Object.fromEntries(items(count).map((i) => [`f${i}`, i]))

describe('the quick form of a batch', () => {
  test('has the documented layout, byte by byte', () => {
    const batch = batchOf({
      sequence: 1,
      serial: 2,
      method: 3,
      flags: 4,
      self: { a: true },
      args: [null, 'é', '漢', 1],
    })
    const bytes = Buffer.from(writeQuick(batch) as Buffer)
    const parts = [
      '36000000', // bytes
      'ffffffff', // the quick form
      '0100', // calls
      '01000000', // sequence
      '0000000000000040', // serial
      '03000000', // method
      '04', // flags
      '01' + '05010061' + '02', // one field, its name, true
      '0400', // arguments
      '01', // null
      '050100e9', // Latin-1
      '060200226f', // UTF-16
      '04000000000000f03f', // a number
    ]
    expect(bytes.toString('hex')).toBe(parts.join(''))
    expect(bytes.readUInt32LE(0)).toBe(bytes.byteLength)
    expect(bytes.readUInt32LE(4)).toBe(QUICK)
  })

  test('carries calls with primitives unchanged', () => {
    const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 40 }))
    const value = fc.oneof(fc.constantFrom(undefined, null, true, false), fc.double(), fc.integer(), text)
    const name = text.filter((each) => each !== '__proto__')
    const u32 = fc.nat(2 ** 32 - 1)
    const arbitrary = fc.record({
      sequence: u32,
      serial: fc.nat(),
      method: u32,
      flags: fc.nat(255),
      self: fc.option(fc.dictionary(name, value, { noNullPrototype: true, maxKeys: 5 }), { nil: undefined }),
      args: fc.array(value, { maxLength: 6 }),
    })
    fc.assert(
      fc.property(fc.array(arbitrary, { maxLength: 6 }), (calls) => {
        const batch = batchOf(...calls)
        expect(carried(batch)).toStrictEqual(batch)
      }),
      { numRuns: 100 },
    )
  })

  test.each<[string, Fields, boolean]>([
    ['64 arguments', { args: items(64) }, true],
    ['65 arguments', { args: items(65) }, false],
    ['32 fields', { self: fields(32) }, true],
    ['33 fields', { self: fields(33) }, false],
    ['no fields', { self: {} }, true],
    ['512 characters', { args: ['x'.repeat(512), '漢'.repeat(512)] }, true],
    ['513 characters', { args: ['x'.repeat(513)] }, false],
    ['a name of 512 characters', { self: { ['x'.repeat(512)]: 1 } }, true],
    ['a name of 513 characters', { self: { ['x'.repeat(513)]: 1 } }, false],
    ['flags of one byte', { flags: 255 }, true],
    ['flags of more', { flags: 256 }, false],
    ['something extra', { extra: {} }, false],
    ['packed arguments', { args: new Uint8Array(1) }, false],
    ['an object among the arguments', { args: [1, {}] }, false],
    ['bytes among the arguments', { args: [1, Uint8Array.of(1)] }, false],
    ['a bigint', { args: [1n] }, false],
    ['an object among the fields', { self: { a: 1, b: {} } }, false],
    ['a field named __proto__', { self: JSON.parse('{"__proto__":1}') }, false],
    ['packed fields', { self: new Uint8Array(1) }, false],
    ['fields without a prototype', { self: Object.create(null) }, false],
    ['fields that are null', { self: null }, false],
    ['fields that are a primitive', { self: 5 }, false],
  ])('respects its limits with %s', (_, fields, there) => {
    const batch = batchOf({}, fields, {})
    expect(carried(batch)).toStrictEqual(there ? batch : undefined)
  })

  test('does not exist for a batch that defines methods', () => {
    expect(writeQuick([[], ...call({})] as unknown as CallBatch)).toBeUndefined()
  })

  test('exists only while the largest possible call would still fit', () => {
    const full = { args: items(64).map(() => 'x'.repeat(512)) } // 20 + 64 * 515 bytes
    const rest = (last: number): Fields => ({ args: [...items(58).map(() => 'x'.repeat(512)), 'x'.repeat(last)] })
    const room = 512 * 1024 - (22 + (64 + 2 * 32) * (3 + 2 * 512)) // where the last call may begin
    const begins = (last: number): number => 10 + 11 * (20 + 64 * 515) + (20 + 58 * 515 + 3 + last)
    const batch = (last: number): CallBatch => batchOf(...items(11).map(() => full), rest(last), {})
    expect(begins(127)).toBe(room)
    expect(carried(batch(127))).toStrictEqual(batch(127))
    expect(carried(batch(128))).toBeUndefined()
  })
})
