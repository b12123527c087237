import { runInNewContext } from 'node:vm'
import { Iterables, mapRules } from '../../../src/pools/map/map-arguments'
import { checkOptions } from '../../../src/utils/options'

test('a chunk that could not be sent whole is refused', () => {
  expect(() => checkOptions('map()', { chunkSize: 1e9 }, mapRules)).toThrow(
    new RangeError('Expected `chunkSize` to be at most 1048576, got `1000000000` (number)'),
  )
})

describe('the number of elements', () => {
  const total = (...iterables: Array<Iterable<unknown>>): number | undefined => new Iterables(iterables).total

  test('is known of arrays, sets and maps, and is that of the shortest one', () => {
    expect(total([1, 2, 3])).toBe(3)
    expect(total(new Set([1, 2]))).toBe(2)
    expect(total(new Map([[1, 2]]))).toBe(1)
    expect(total(new Uint8Array(4))).toBe(4)
    expect(total(Buffer.from('ab'))).toBe(2)
    expect(total([1, 2, 3], new Set([1]))).toBe(1)
    expect(total(runInNewContext('[1, 2]') as number[], runInNewContext('new Set([1, 2, 3])') as Set<number>)).toBe(2)
  })

  test('is not known of others, even if they have a length', () => {
    const counted = { length: 99, *[Symbol.iterator]() { yield 1 } } // prettier-ignore
    class Doubled extends Set<number> {
      override *[Symbol.iterator](): SetIterator<number> {
        for (const value of super.values()) yield* [value, value]
      }
    }
    for (const iterable of ['\u{1F600}', counted, [1][Symbol.iterator](), new Doubled([1])]) {
      expect(total(iterable)).toBeUndefined()
      expect(total([1], iterable)).toBeUndefined()
    }
  })
})
