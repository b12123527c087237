/** `map` of a pool compared to `map` of arrays, for any chunk size, buffer and kind of iterable. */
import fc from 'fast-check'
import type { MapFuture } from 'pebble-ts'
import * as tasks from '../fixtures/pools/elements'
import { makePool, type AnyPool } from '../suites/pool-kit'
import { forEachKind } from '../support/setup'
import { settled } from '../support/until'

const RUNS = { numRuns: 20 }
const options = fc.record(
  { chunkSize: fc.integer({ min: 1, max: 40 }), buffer: fc.integer({ min: 1, max: 60 }) },
  { requiredKeys: [] },
)
const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 120 })
const isAsync = fc.boolean()

function iterable<T>(values: readonly T[], asynchronous: boolean): Iterable<T> | AsyncIterable<T> {
  if (!asynchronous) return values
  return (async function* () {
    yield* values
  })()
}

/** The results in order, with the error message in the place of a failed element. */
async function outcomes<T>(future: MapFuture<T>): Promise<unknown[]> {
  const all: unknown[] = []
  const results = future[Symbol.asyncIterator]()
  for (;;) {
    try {
      const { done, value } = await results.next()
      if (done) return all
      all.push(value)
    } catch (error) {
      all.push((error as Error).message)
    }
  }
}

forEachKind('map', (kind) => {
  let pool: AnyPool
  beforeEach(() => (pool = makePool(kind, { maxWorkers: 2 })))

  it('gives what map of an array gives', async () => {
    await fc.assert(
      fc.asyncProperty(numbers, isAsync, options, async (values, asynchronous, given) => {
        const future = pool.map(tasks.double, iterable(values, asynchronous), given)
        expect(await settled(outcomes(future))).toEqual(values.map((n) => n * 2))
        expect(future.progress).toMatchObject({ done: values.length, total: values.length })
      }),
      RUNS,
    )
  })

  it('goes on past failed elements', async () => {
    await fc.assert(
      fc.asyncProperty(numbers, isAsync, options, async (values, asynchronous, given) => {
        const expected = values.map((n) => (n % 2 === 1 ? `${n} is odd` : n))
        expect(await settled(outcomes(pool.map(tasks.oddFails, iterable(values, asynchronous), given)))).toEqual(
          expected,
        )
      }),
      RUNS,
    )
  })

  it('ends with the shortest of several iterables', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(numbers, { minLength: 2, maxLength: 4 }),
        isAsync,
        options,
        async (lists, last, given) => {
          const length = Math.min(...lists.map((list) => list.length))
          const iterables = lists.map((list, n) => iterable(list, last && n === lists.length - 1))
          const expected = Array.from({ length }, (_, n) => lists.map((list) => list[n]).join('-'))
          const map = pool.map.bind(pool) as (...all: unknown[]) => MapFuture<string>
          expect(await settled(outcomes(map(tasks.join, ...iterables, given)))).toEqual(expected)
        },
      ),
      RUNS,
    )
  })
})
