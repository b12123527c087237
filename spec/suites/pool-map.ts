import { getEventListeners } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as pebble from 'pebble-ts'
import { CancelledError, MapFuture, PoolError, ProcessMapFuture, SerializationError, TimeoutError } from 'pebble-ts'
import type { MapOptions, MapResults } from 'pebble-ts'
import * as elements from '../fixtures/pools/elements'
import * as initializers from '../fixtures/pools/initializers'
import { services } from '../fixtures/pools/services'
import * as tasks from '../fixtures/pools/tasks'
import { Gate, lines, scratchFile } from '../support/gate'
import type { Kind } from '../support/setup'
import { failure, settled, until } from '../support/until'
import { makePool, solo } from './pool-kit'

type Asked = (map: MapFuture<number>) => PromiseLike<MapResults<number>>
/** The ways to ask a future for its value. */
const ASKED: Array<[string, Asked]> = [
  ['await', (map) => map],
  ['result()', (map) => map.result()],
  ['get(limit)', (map) => map.get(60_000)],
  ['Promise.race', (map) => Promise.race([map, new Promise<never>(() => undefined)])],
  ['addDoneCallback()', (map) => new Promise((resolve) => map.addDoneCallback((done) => resolve(done.result())))],
  [
    'done()',
    async (map) => {
      await until(() => map.done(), 'the map to be done')
      return map
    },
  ],
]

function* failingAtOnce(): Generator<number> {
  throw new Error('the source is dry')
}

async function* failingAtOnceLater(): AsyncGenerator<number> {
  throw new Error('the source is dry')
}

const numbers = (count: number, from = 0): number[] => Array.from({ length: count }, (_, n) => from + n)

/** Reads an iteration: values, and the errors of failed elements. */
async function outcomes<T>(map: AsyncIterable<T>): Promise<Array<T | Error>> {
  const iterator = map[Symbol.asyncIterator]()
  const all: Array<T | Error> = []
  for (;;) {
    try {
      const step = await settled(iterator.next(), `element ${all.length} of the map`)
      if (step.done) return all
      all.push(step.value)
    } catch (error) {
      if (String(error).includes('in vain')) throw error
      all.push(error as Error)
    }
  }
}

/** `map`: results, iterables, chunks, limits, cancellation. */
export function describeMap(kind: Kind): void {
  const Expired = kind === 'thread' ? pebble.ThreadExpired : pebble.ProcessExpired

  /** Counts the elements that are taken from it, and notes whether it was closed. */
  function* counting(count: { taken: number; closed: boolean }, end = Infinity): Generator<number> {
    try {
      for (let n = 0; n < end; n++) {
        count.taken += 1
        yield n
      }
    } finally {
      count.closed = true
    }
  }

  describe('results', () => {
    test('come in the order of the elements', async () => {
      const pool = makePool(kind, { maxWorkers: 2 })
      expect(await outcomes(pool.map(elements.double, numbers(200)))).toEqual(numbers(200).map((n) => n * 2))
    })

    test('come in order from asynchronous bodies too', async () => {
      const pool = makePool(kind, { maxWorkers: 2 })
      const map = pool.map(elements.doubleLater, numbers(40), { chunkSize: 3 })
      expect(await outcomes(map)).toEqual(numbers(40).map((n) => n * 2))
    })

    test('are available through the iterator that the future gives', async () => {
      const future = solo(kind).map(elements.double, [1, 2, 3])
      expect(future).toBeInstanceOf(kind === 'thread' ? MapFuture : ProcessMapFuture)
      expect(future.done()).toBe(false)
      const results = await settled(future)
      expect(future.done()).toBe(true)
      expect(await outcomes(results)).toEqual([2, 4, 6])
      expect(await settled(results.next())).toEqual({ done: true, value: undefined })
    })

    test('are given to concurrent calls of next() in the order of the calls', async () => {
      const iterator = solo(kind).map(elements.double, [1, 2, 3])[Symbol.asyncIterator]()
      const steps = await settled(Promise.all([1, 2, 3, 4].map(() => iterator.next())))
      expect(steps.map((step) => step.value)).toEqual([2, 4, 6, undefined])
    })

    test('come from static methods and methods of an instance', async () => {
      const pool = solo(kind)
      const Service = services[kind]
      expect(await outcomes(pool.map(Service.shout, ['a', 'b']))).toEqual([`${Service.name} A`, `${Service.name} B`])
      const ann = new Service('Ann')
      expect(await outcomes(pool.map(ann.greet, ['Bob']))).toEqual(['Ann greets Bob'])
    })

    test('of two maps on one pool do not mix', async () => {
      const pool = makePool(kind, { maxWorkers: 2 })
      const maps = [pool.map(elements.double, numbers(100)), pool.map(tasks.echo, numbers(100), { chunkSize: 7 })]
      const [doubled, same] = await Promise.all(maps.map((map) => outcomes(map as AsyncIterable<number>)))
      expect(doubled).toEqual(numbers(100).map((n) => n * 2))
      expect(same).toEqual(numbers(100))
    })
  })

  describe('iterables', () => {
    test('can be empty', async () => {
      const future = solo(kind).map(elements.double, [])
      expect(await outcomes(await settled(future))).toEqual([])
      expect(future.progress).toEqual({ done: 0, total: 0 })
    })

    test('can be several, of which the function gets one element each until the shortest ends', async () => {
      const pool = solo(kind)
      expect(await outcomes(pool.map(elements.join, [1, 2, 3], ['a', 'b']))).toEqual(['1-a', '2-b'])
      expect(await outcomes(pool.map(elements.join, [1, 2], 'xyz', new Set([true, false])))).toEqual([
        '1-x-true',
        '2-y-false',
      ])
      expect(await outcomes(pool.map(elements.join, [1, 2, 3], [4, 5, 6], { chunkSize: 2 }))).toEqual([
        '1-4',
        '2-5',
        '3-6',
      ])
    })

    test('can be asynchronous and mixed with others', async () => {
      async function* letters(): AsyncGenerator<string> {
        for (const letter of 'abc') {
          await new Promise((resolve) => setImmediate(resolve))
          yield letter
        }
      }
      const pool = solo(kind)
      expect(await outcomes(pool.map(elements.join, letters()))).toEqual(['a', 'b', 'c'])
      expect(await outcomes(pool.map(elements.join, numbers(10), letters(), { chunkSize: 2 }))).toEqual([
        '0-a',
        '1-b',
        '2-c',
      ])
    })

    test.each([0, 2])('can end after all their elements are done (%s elements)', async (count) => {
      let end = (): void => undefined
      const ended = new Promise<void>((resolve) => (end = resolve))
      async function* slow(): AsyncGenerator<number> {
        yield* numbers(count)
        await ended
      }
      const map = solo(kind).map(elements.double, slow())
      await until(() => map.progress.done === count, 'all elements to be done')
      end()
      expect(await outcomes(map)).toEqual(numbers(count).map((n) => n * 2))
    })

    test('are closed if they are longer than the shortest', async () => {
      const count = { taken: 0, closed: false }
      expect(await outcomes(solo(kind).map(elements.join, [1, 2], counting(count)))).toEqual(['1-0', '2-1'])
      expect(count.closed).toBe(true)
    })

    test.each([1, 3, 10])(
      'that throw in the middle give the results before, then their error (chunks of %s)',
      async (chunkSize) => {
        const other = { taken: 0, closed: false }
        function* failing(): Generator<number> {
          yield* numbers(5)
          throw new Error('the source is dry')
        }
        const map = solo(kind).map(elements.join, failing(), counting(other), { chunkSize })
        const all = await outcomes(map)
        expect(all.slice(0, 5)).toEqual(['0-0', '1-1', '2-2', '3-3', '4-4'])
        expect(all[5]).toMatchObject({ message: 'the source is dry' })
        expect(all).toHaveLength(6)
        expect(other.closed).toBe(true)
      },
    )

    test('that reject in the middle give the results before, then their error', async () => {
      async function* failing(): AsyncGenerator<number> {
        yield 1
        yield 2
        throw new Error('the source is dry')
      }
      const all = await outcomes(solo(kind).map(elements.double, failing(), { chunkSize: 2 }))
      expect(all.slice(0, 2)).toEqual([2, 4])
      expect(all[2]).toMatchObject({ message: 'the source is dry' })
      expect(all).toHaveLength(3)
    })
  })

  describe('chunkSize', () => {
    test('sends and runs elements together', async () => {
      const pool = solo(kind, { maxTasks: 1 }) // a worker for each chunk
      const all = (await outcomes(pool.map(elements.whereWith, numbers(10), { chunkSize: 4 }))) as Array<{
        n: number
        id: string
      }>
      expect(all.map(({ n }) => n)).toEqual(numbers(10))
      const ids = all.map(({ id }) => id)
      expect(new Set(ids).size).toBe(3)
      expect([ids.slice(0, 4), ids.slice(4, 8), ids.slice(8)].map((chunk) => new Set(chunk).size)).toEqual([1, 1, 1])
    })

    test('can exceed the number of elements', async () => {
      expect(await outcomes(solo(kind).map(elements.double, numbers(3), { chunkSize: 1000 }))).toEqual([0, 2, 4])
    })

    test('keeps errors with their elements', async () => {
      for (const chunkSize of [1, 4]) {
        const all = await outcomes(solo(kind).map(elements.oddFails, numbers(6), { chunkSize }))
        expect(all.filter((_, n) => n % 2 === 0)).toEqual([0, 2, 4])
        const failed = all.filter((_, n) => n % 2 === 1) as RangeError[]
        expect(failed.map((error) => error.message)).toEqual(['1 is odd', '3 is odd', '5 is odd'])
        for (const error of failed) expect(error).toBeInstanceOf(RangeError)
      }
    })

    test('fails only the element that cannot be sent', async () => {
      const pool = solo(kind)
      const there = await outcomes(
        pool.map(tasks.echo as (value: unknown) => unknown, [1, () => 1, 3], { chunkSize: 3 }),
      )
      expect([there[0], there[2]]).toEqual([1, 3])
      expect(there[1]).toBeInstanceOf(SerializationError)
      const back = await outcomes(pool.map(elements.oddCannotCross, numbers(3), { chunkSize: 3 }))
      expect([back[0], back[2]]).toEqual([0, 2])
      expect(back[1]).toBeInstanceOf(SerializationError)
    })
  })

  describe('timeout', () => {
    test('of a chunk fails the unfinished elements and tells which were in it', async () => {
      const log = scratchFile()
      const items = numbers(9).map((n): [number, number, string] => [n, 4, log])
      const all = await outcomes(solo(kind).map(elements.stuckOn, items, { chunkSize: 3, timeout: 300 }))
      expect(all.filter((value) => typeof value === 'number')).toEqual([0, 1, 2, 3, 6, 7, 8])
      for (const error of all.slice(4, 6) as TimeoutError[]) {
        expect(error).toBeInstanceOf(TimeoutError)
        expect(error.timeout).toBe(300)
        expect(error.message).toBe(
          'Elements 3 to 5 were one chunk, which was stopped after 300 ms (limit `timeout: 300`); ' +
            '1 of them had finished and keep their results.',
        )
      }
      expect(lines(log)).toEqual(['0', '1', '2', '3', '4', '6', '7', '8'])
    })

    test('of single elements fails only those that exceed it', async () => {
      const log = scratchFile()
      const items = numbers(3).map((n): [number, number, string] => [n, 1, log])
      const all = await outcomes(makePool(kind, { maxWorkers: 2 }).map(elements.stuckOn, items, { timeout: 200 }))
      expect([all[0], all[2]]).toEqual([0, 2])
      expect(all[1]).toBeInstanceOf(TimeoutError)
    })

    test('does not limit the whole map', async () => {
      const items = numbers(100)
      expect(
        await outcomes(solo(kind).map(elements.doubleLater, items, { chunkSize: 5, timeout: 5_000 })),
      ).toHaveLength(100)
    })
  })

  test('a worker that dies fails only the element that it ran, and no element runs twice', async () => {
    for (const chunkSize of [1, 5]) {
      const log = scratchFile()
      const items = numbers(10).map((n): [number, number, string] => [n, 3, log])
      const all = await outcomes(makePool(kind, { maxWorkers: 1 }).map(elements.dieOn, items, { chunkSize }))
      expect(all.filter((value) => typeof value === 'number')).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9])
      expect(all[3]).toBeInstanceOf(Expired)
      expect(lines(log).sort()).toEqual(numbers(10).map(String))
    }
  })

  test('a worker that is killed in a run of results loses none of them, and no element runs twice', async () => {
    const log = scratchFile()
    const items = numbers(300).map((n): [number, number, string] => [n, 150, log])
    const all = await outcomes(makePool(kind, { maxWorkers: 1 }).map(elements.dieHardOn, items, { chunkSize: 200 }))
    expect(all.filter((value) => typeof value === 'number')).toEqual(numbers(300).filter((n) => n !== 150))
    expect(all[150]).toBeInstanceOf(Expired)
    expect(
      lines(log)
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual(numbers(300)) // the rest of the chunk runs last
  })

  test('a worker that is killed in a run of numbers loses none of them', async () => {
    const map = makePool(kind, { maxWorkers: 1 }).map(elements.doubleTo700, numbers(2_000), { chunkSize: 1_500 })
    const all = await outcomes(map)
    expect(all[700]).toBeInstanceOf(Expired)
    all[700] = 1_400
    expect(all).toEqual(numbers(2_000).map((n) => n * 2))
  })

  test('results do not wait for a later element of their chunk', async () => {
    const gate = new Gate()
    const items = numbers(40).map((n): [number, number, string] => [n, 30, gate.path])
    const map = solo(kind).map(elements.blockAt, items, { chunkSize: 40 })
    await until(() => map.progress.done === 30, 'the results before the element that blocks')
    gate.open()
    expect(await outcomes(map)).toEqual(numbers(40))
  })

  test('any numbers cross as they are, and so do other values among them', async () => {
    const special = [0, -0, NaN, Infinity, -Infinity, 0.1, 2 ** 53, -(2 ** 31), Number.MIN_VALUE]
    const mixed = [1, 'two', null, undefined, true, 6, 7, { n: 8 }, [9], 10n, 11]
    for (const items of [special, mixed]) {
      const same = tasks.echo as (value: unknown) => unknown
      expect(await outcomes(solo(kind).map(same, items, { chunkSize: 20 }))).toEqual(items)
    }
  })

  test('an uncaught error fails only the element that ran, and no element runs twice', async () => {
    for (const chunkSize of [1, 5]) {
      const log = scratchFile()
      const items = numbers(10).map((n): [number, number, string] => [n, 3, log])
      const all = await outcomes(makePool(kind, { maxWorkers: 1 }).map(elements.strayAt, items, { chunkSize }))
      expect(all.filter((value) => typeof value === 'number')).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9])
      expect(all[3]).toBeInstanceOf(RangeError)
      expect(lines(log).sort()).toEqual(numbers(10).map(String))
    }
  })

  describe('buffer', () => {
    test('limits how far the iterable is read ahead of the consumer', async () => {
      const count = { taken: 0, closed: false }
      const results = await settled(solo(kind).map(elements.double, counting(count), { buffer: 10 }))
      expect(count.taken).toBe(10)
      for (let n = 0; n < 5; n++) expect(await settled(results.next())).toEqual({ done: false, value: n * 2 })
      await until(() => count.taken === 15, 'five more to be taken')
      expect(await settled(results.return?.() as Promise<unknown>)).toEqual({ done: true, value: undefined })
      expect(count).toEqual({ taken: 15, closed: true })
    })

    test('of 1 takes one at a time', async () => {
      const count = { taken: 0, closed: false }
      let ahead = 0
      let seen = 0
      for await (const value of makePool(kind, { maxWorkers: 2 }).map(elements.double, counting(count, 20), {
        buffer: 1,
      })) {
        expect(value).toBe(seen * 2)
        ahead = Math.max(ahead, count.taken - seen)
        seen += 1
      }
      expect([seen, ahead]).toEqual([20, 2]) // the current element and the next one
    })

    test('holds for whole chunks', async () => {
      const count = { taken: 0, closed: false }
      const map = solo(kind).map(elements.double, counting(count), { buffer: 10, chunkSize: 4 })
      await settled(map)
      expect(count.taken).toBe(8)
      map.cancel()
    })

    test('keeps the memory of an endless generator flat', async () => {
      setFlagsFromString('--expose-gc')
      const gc = runInNewContext('gc') as () => void
      async function* endless(): AsyncGenerator<number> {
        for (let n = 0; ; n++) yield n
      }
      const heap: number[] = []
      let seen = 0
      for await (const value of makePool(kind, { maxWorkers: 2 }).map(elements.double, endless(), { chunkSize: 50 })) {
        if (value !== seen * 2) throw new Error(`Got ${value} as element ${seen}`)
        seen += 1
        if (seen % 20_000 > 0) continue
        gc()
        heap.push(process.memoryUsage().heapUsed)
        if (seen === 100_000) break
      }
      expect((heap.at(-1) as number) - (heap[0] as number)).toBeLessThan(4 * 1024 * 1024)
    })
  })

  describe('cancel', () => {
    test('drops waiting chunks, stops running ones and keeps results', async () => {
      const [pool, gate, log] = [solo(kind), new Gate(), scratchFile()]
      const count = { taken: 0, closed: false }
      function* items(): Generator<[number, number, string, string]> {
        for (const n of counting(count)) yield [n, 3, gate.path, log]
      }
      const map = pool.map(elements.holdAt, items(), { buffer: 20 })
      await gate.whenArrived()
      await until(() => map.progress.done === 3, 'the results of the first three')
      expect([map.running(), map.cancelled()]).toEqual([true, false])
      expect(map.cancel()).toBe(true)
      expect([map.cancelled(), map.done(), map.running(), map.cancel()]).toEqual([true, true, false, false])
      expect(count).toEqual({ taken: 20, closed: true })
      expect(await failure(map)).toBeInstanceOf(CancelledError)
      const all = await outcomes(map)
      expect(all.slice(0, 3)).toEqual([0, 1, 2])
      expect(all.slice(3).every((error) => error instanceof CancelledError)).toBe(true)
      expect(all).toHaveLength(20)
      expect(await settled(pool.schedule(tasks.add, { args: [1, 1] }))).toBe(2)
      expect(lines(log)).toEqual(['0', '1', '2', '3'])
      expect(pool.stats()).toMatchObject({ pending: 0, queued: 0 })
    })

    test('of a map over an array cancels its future too', async () => {
      const [pool, gate, log] = [solo(kind), new Gate(), scratchFile()]
      const map = pool.map(elements.holdAt, [[0, 0, gate.path, log]] as Array<[number, number, string, string]>)
      await gate.whenArrived()
      expect(map.cancel()).toBe(true)
      expect(map.cancelled()).toBe(true)
      expect(await outcomes(map)).toEqual([expect.any(CancelledError)])
    })

    test('has no effect on a map that is done', async () => {
      const map = solo(kind).map(elements.double, [1, 2])
      await until(() => map.progress.done === 2, 'both results')
      expect([map.cancel(), map.cancelled()]).toEqual([false, false])
      expect(await outcomes(map)).toEqual([2, 4])
      const read = solo(kind).map(elements.double, [1, 2])
      expect(await settled(read.toArray())).toEqual([2, 4])
      expect([read.cancel(), read.cancelled(), read.done()]).toEqual([false, false, true])
    })

    test('while an iterable is awaited runs nothing more and ends the iteration', async () => {
      const log = scratchFile()
      const hang = new Promise<never>(() => undefined)
      async function* items(): AsyncGenerator<[number, number, string]> {
        yield [0, -1, log]
        yield [1, -1, log]
        await hang
      }
      const map = solo(kind).map(elements.dieOn, items(), { chunkSize: 5 })
      await new Promise((resolve) => setImmediate(resolve))
      map.cancel()
      const all = await outcomes(map)
      expect(all.every((error) => error instanceof CancelledError)).toBe(true)
      expect(lines(log)).toEqual([])
    })

    test('happens when the iteration is left', async () => {
      const count = { taken: 0, closed: false }
      const pool = solo(kind)
      const map = pool.map(elements.double, counting(count))
      for await (const value of map) if (value === 10) break
      expect([map.cancelled() || map.done(), count.closed]).toEqual([true, true])
      await until(() => pool.stats().pending === 0, 'the rest to be dropped')
      expect(pool.active).toBe(true)
    })

    test('of one chunk fails only its elements', async () => {
      const [pool, gate, log] = [solo(kind), new Gate(), scratchFile()]
      const items = numbers(6).map((n): [number, number, string, string] => [n, 0, gate.path, log])
      const map = pool.map(elements.holdAt, items, { chunkSize: 2 })
      await gate.whenArrived()
      expect(map.futures).toHaveLength(3)
      map.futures[1]?.cancel()
      gate.open()
      const all = await outcomes(map)
      expect([...all.slice(0, 2), ...all.slice(4)]).toEqual([0, 1, 4, 5])
      expect(all.slice(2, 4)).toEqual([expect.any(CancelledError), expect.any(CancelledError)])
    })

    test('by a signal has its reason as the cause and leaves no listener', async () => {
      const [pool, gate, log, abortion] = [solo(kind), new Gate(), scratchFile(), new AbortController()]
      const items = numbers(3).map((n): [number, number, string, string] => [n, 0, gate.path, log])
      const map = pool.map(elements.holdAt, items, { signal: abortion.signal })
      await gate.whenArrived()
      abortion.abort('enough')
      expect((await failure<CancelledError>(map)).cause).toBe('enough')
      expect(((await outcomes(map)) as CancelledError[]).map(({ cause }) => cause)).toEqual(
        numbers(3).map(() => 'enough'),
      )
      const done = pool.map(elements.double, [1], { signal: new AbortController().signal })
      expect(await outcomes(done)).toEqual([2])
      expect(getEventListeners(abortion.signal, 'abort')).toHaveLength(0)
    })

    test('by a signal that has aborted before takes no element', async () => {
      const count = { taken: 0, closed: false }
      const pool = solo(kind)
      const map = pool.map(elements.double, counting(count), { signal: AbortSignal.abort('never') })
      expect(await failure(map)).toMatchObject({ code: 'ERR_PEBBLE_CANCELLED', cause: 'never' })
      expect(count.taken).toBe(0)
      expect(pool.stats().started).toBe(0)
    })

    test('by a signal works for several maps, which share a listener', async () => {
      const [pool, gate, log, abortion] = [solo(kind), new Gate(), scratchFile(), new AbortController()]
      const items = numbers(2).map((n): [number, number, string, string] => [n, 0, gate.path, log])
      const maps = numbers(12).map(() => pool.map(elements.holdAt, items, { signal: abortion.signal }))
      expect(getEventListeners(abortion.signal, 'abort')).toHaveLength(1)
      abortion.abort('enough')
      for (const map of maps) expect((await failure<CancelledError>(map)).cause).toBe('enough')
    })

    test('leaves no listener on a signal that never aborts', async () => {
      const { signal } = new AbortController()
      const pool = solo(kind)
      await outcomes(pool.map(elements.double, [1, 2], { signal }))
      for await (const value of pool.map(elements.double, numbers(100), { signal })) if (value > 2) break
      await until(() => getEventListeners(signal, 'abort').length === 0, 'the listeners to go')
    })
  })

  describe('progress', () => {
    test('tells the number of done elements, and the total if it is known', async () => {
      const [pool, gate, log] = [solo(kind), new Gate(), scratchFile()]
      const items = numbers(5).map((n): [number, number, string, string] => [n, 2, gate.path, log])
      const map = pool.map(elements.holdAt, items)
      expect(map.progress.total).toBe(5)
      await gate.whenArrived()
      await until(() => map.progress.done === 2, 'two to be done')
      gate.open()
      await outcomes(map)
      expect(map.progress).toEqual({ done: 5, total: 5 })
    })

    test('of a generator tells its total once that has ended', async () => {
      const count = { taken: 0, closed: false }
      const map = solo(kind).map(elements.double, counting(count, 30), { buffer: 10 })
      expect(map.progress.total).toBeUndefined()
      expect(await outcomes(map)).toHaveLength(30)
      expect(map.progress).toEqual({ done: 30, total: 30 })
    })

    test('counts failed elements as done', async () => {
      const map = solo(kind).map(elements.oddFails, numbers(4))
      await outcomes(map)
      expect(map.progress).toEqual({ done: 4, total: 4 })
    })
  })

  describe('a map and the state of its pool:', () => {
    test('it is refused by a closed and by a stopped pool', async () => {
      for (const end of ['close', 'stop'] as const) {
        const count = { taken: 0, closed: false }
        const pool = makePool(kind)
        pool[end]()
        const map = pool.map(elements.double, counting(count))
        expect(await failure(map)).toBeInstanceOf(PoolError)
        expect(await outcomes(map)).toEqual([expect.any(PoolError)])
        expect(count.taken).toBe(0)
      }
    })

    test('it is read to the end of its iterables although the pool is closed', async () => {
      const pool = makePool(kind, { maxWorkers: 2 })
      const count = { taken: 0, closed: false }
      const map = pool.map(elements.double, counting(count, 100), { buffer: 10 })
      pool.close()
      expect(pool.active).toBe(true)
      expect(await outcomes(map)).toEqual(numbers(100).map((n) => n * 2))
      await settled(pool.join())
      expect(pool.active).toBe(false)
    })

    test('it does not wait for a reader once the pool is joined', async () => {
      const pool = solo(kind)
      const map = pool.map(elements.double, counting({ taken: 0, closed: false }, 100), { buffer: 10 })
      pool.close()
      await settled(pool.join(), 'the pool with an unread map to end')
      expect(pool.stats().workers).toBe(0)
      expect(await outcomes(map)).toEqual(numbers(100).map((n) => n * 2))
    })

    test.each(['before', 'after'])(
      'it does not wait for a reader whose loop a failed element has ended %s the join',
      async (when) => {
        const pool = solo(kind)
        const map = pool.map(
          tasks.failOn,
          numbers(100).map(() => 3),
          numbers(100),
          { buffer: 10 },
        )
        const readAll = async (): Promise<void> => {
          for await (const value of map) expect(value).toBeLessThan(3)
        }
        if (when === 'after') expect(await failure(readAll())).toBeInstanceOf(RangeError)
        pool.close()
        const joined = pool.join()
        if (when === 'before') expect(await failure(readAll())).toBeInstanceOf(RangeError)
        await settled(joined, 'the pool to end')
        expect(map.progress).toEqual({ done: 100, total: 100 })
        expect(await outcomes(map)).toEqual(numbers(100).slice(4))
      },
    )

    test('it keeps join(timeout) waiting for its reader', async () => {
      const pool = solo(kind, { name: 'mine' })
      const map = pool.map(elements.double, counting({ taken: 0, closed: false }), { buffer: 10 })
      await settled(map[Symbol.asyncIterator]().next())
      pool.close()
      expect((await failure(pool.join(300))).message).toMatch(/^'mine' was not done after 300 ms: /)
      map.cancel()
      await settled(pool.join())
    })

    test('it is cancelled when the pool is stopped', async () => {
      const [pool, gate, log] = [solo(kind), new Gate(), scratchFile()]
      const count = { taken: 0, closed: false }
      function* items(): Generator<[number, number, string, string]> {
        for (const n of counting(count)) yield [n, 2, gate.path, log]
      }
      const map = pool.map(elements.holdAt, items(), { buffer: 10 })
      await gate.whenArrived()
      await until(() => map.progress.done === 2, 'the results of the first two')
      pool.stop()
      expect([map.cancelled(), count.closed, count.taken]).toEqual([true, true, 10])
      gate.open()
      await settled(pool.join())
      const all = await outcomes(map)
      const done = kind === 'thread' ? 3 : 2 // a thread pool finishes running calls
      expect(all.slice(0, done)).toEqual([0, 1, 2].slice(0, done))
      expect(all.slice(done).every((error) => error instanceof CancelledError)).toBe(true)
      expect(all).toHaveLength(10)
      expect(await failure(map)).toBeInstanceOf(CancelledError)
    })

    test('it lets a call of a higher priority go first', async () => {
      const [pool, gate, log] = [solo(kind), new Gate(), scratchFile()]
      const items = numbers(50).map((n): [number, number, string, string] => [n, 0, gate.path, log])
      const map = pool.map(elements.holdAt, items)
      await gate.whenArrived()
      const urgent = pool.schedule(tasks.noteInOrder, { args: [log, 'urgent'], priority: 1 })
      gate.open()
      await settled(urgent)
      expect(await outcomes(map)).toHaveLength(50)
      expect(lines(log).indexOf('urgent')).toBeLessThan(10)
    })
  })

  describe('the future', () => {
    /** A map whose element `n` waits at a gate. */
    function heldAt(n: number, items = 5, options?: MapOptions): { map: MapFuture<number>; gate: Gate } {
      const [gate, log] = [new Gate(), scratchFile()]
      const all = numbers(items).map((each): [number, number, string, string] => [each, n, gate.path, log])
      return { map: solo(kind).map<[number, number, string, string], number>(elements.holdAt, all, options), gate }
    }

    test.each(ASKED)('gives the iterator when the first outcome is there: %s', async (_how, ask) => {
      const { map } = heldAt(1)
      const results = await settled(ask(map))
      expect(await settled(results.next())).toEqual({ done: false, value: 0 })
      await until(() => map.running(), 'the next element to start')
      expect([map.done(), map.cancelled(), map.progress.done]).toEqual([true, false, 1])
      expect([map.cancel(), map.cancelled(), map.running(), map.cancel()]).toEqual([true, true, false, false])
      expect(await outcomes(results)).toEqual(numbers(4).map(() => expect.any(CancelledError)))
      expect(await settled(map)).toBe(results) // a promise settles once
      expect(await settled(map.exception())).toBeNull()
    })

    test('gives the iterator if it is asked later than that', async () => {
      const { map } = heldAt(1)
      await until(() => map.progress.done === 1, 'the first outcome')
      const results = await settled(map.result(0))
      expect((await settled(results.next())).value).toBe(0)
      map.cancel()
    })

    test('of several workers does not wait for the first element', async () => {
      const [gate, log] = [new Gate(), scratchFile()]
      const pool = makePool(kind, { maxWorkers: 2 })
      const map = pool.map(
        elements.holdAt,
        numbers(2).map((n): [number, number, string, string] => [n, 0, gate.path, log]),
      )
      const results = await settled(map)
      expect(map.progress.done).toBe(1)
      gate.open()
      expect(await settled(results.toArray())).toEqual([0, 1])
    })

    test('counts an element of a chunk and a failed element as an outcome', async () => {
      const { map } = heldAt(1, 4, { chunkSize: 4 })
      expect((await settled((await settled(map)).next())).value).toBe(0)
      map.cancel()
      const failing = solo(kind).map(elements.oddFails, [1])
      expect(await outcomes(await settled(failing))).toEqual([expect.any(RangeError)])
      const refused = solo(kind).map(tasks.echo as (value: unknown) => unknown, [() => 1])
      expect(await outcomes(await settled(refused))).toEqual([expect.any(SerializationError)])
    })

    test('rejects if the map was cancelled before it was asked, and keeps results', async () => {
      const { map } = heldAt(1)
      await until(() => map.progress.done === 1, 'the first outcome')
      map.cancel()
      expect([map.done(), map.cancelled()]).toEqual([true, true])
      expect(await failure(map)).toBeInstanceOf(CancelledError)
      expect(await failure(map.exception())).toBeInstanceOf(CancelledError)
      expect((await outcomes(map))[0]).toBe(0)
    })

    test('calls its done-callbacks at the first outcome, and is then completed for wait() and asCompleted()', async () => {
      const { map } = heldAt(1)
      const heard = new Promise<boolean>((resolve) => map.addDoneCallback((done) => resolve(done.done())))
      expect(await settled(heard)).toBe(true)
      const [second, third] = [heldAt(1).map, heldAt(1).map]
      expect((await settled(pebble.wait([second]))).done).toEqual(new Set([second]))
      const first = await settled(pebble.asCompleted([third]).next())
      expect(first.value).toBe(third)
      for (const each of [map, second, third]) expect(each.cancel()).toBe(true)
    })

    test('of a source without elements settles at its end, without a result or with its error', async () => {
      async function* none(): AsyncGenerator<number> {}
      const empty = solo(kind).map(elements.double, none())
      expect(await settled((await settled(empty)).toArray())).toEqual([])
      expect([empty.cancel(), empty.cancelled()]).toEqual([false, false])
      for (const source of [failingAtOnce(), failingAtOnceLater()]) {
        const results = await settled(solo(kind).map(elements.double, source))
        expect(await outcomes(results)).toEqual([expect.objectContaining({ message: 'the source is dry' })])
      }
    })

    test('of a source that never gives an element stays pending and can be cancelled', async () => {
      async function* silent(): AsyncGenerator<number> {
        await new Promise(() => undefined)
      }
      const map = solo(kind).map(elements.double, silent())
      const failed = failure(map)
      expect([map.done(), map.cancel(), map.cancelled()]).toEqual([false, true, true])
      expect(await failed).toBeInstanceOf(CancelledError)
    })
  })

  describe('toArray()', () => {
    test('of the iterator and of the future gives all results in order', async () => {
      const pool = solo(kind)
      expect(await settled(pool.map(elements.double, numbers(50), { chunkSize: 7 }).toArray())).toEqual(
        numbers(50).map((n) => n * 2),
      )
      const results = await settled(pool.map(elements.double, [1, 2, 3]))
      await settled(results.next())
      expect(await settled(results.toArray())).toEqual([4, 6])
      expect(await settled(pool.map(elements.double, []).toArray())).toEqual([])
    })

    test('reads beyond the buffer', async () => {
      const map = solo(kind).map(elements.double, counting({ taken: 0, closed: false }, 50), { buffer: 5 })
      expect(await settled(map.toArray())).toHaveLength(50)
    })

    test('rejects with the first failed element, and the rest can still be read', async () => {
      const results = await settled(solo(kind).map(elements.oddFails, numbers(6)))
      expect(await failure(results.toArray())).toMatchObject({ message: '1 is odd' })
      expect(await settled(results.next())).toEqual({ done: false, value: 2 })
      expect(await failure(results.toArray())).toMatchObject({ message: '3 is odd' })
    })
  })

  test.each([1, 4])(
    'a map of a pool that breaks keeps its outcomes and ends with PoolErrors (chunks of %s)',
    async (chunkSize) => {
      for (const asked of [true, false]) {
        const [log, count] = [scratchFile(), { taken: 0, closed: false }]
        const initializer = { initializer: initializers.throwOnceNoted, initArgs: [log] }
        function* items(): Generator<[number, number, string, string]> {
          for (const n of counting(count)) yield [n, -1, '', log]
        }
        const pool = makePool(kind, { maxWorkers: 1, maxTasks: 1, ...initializer })
        const map = pool.map(elements.holdAt, items(), { chunkSize, buffer: 3 * chunkSize })
        if (asked) await settled(map)
        const all = await outcomes(map)
        const done = all.filter((each) => typeof each === 'number')
        expect(done.length).toBeGreaterThanOrEqual(chunkSize)
        expect(all.slice(0, done.length)).toEqual(numbers(done.length))
        expect(all.slice(done.length).every((each) => each instanceof PoolError)).toBe(true)
        expect(all.length).toBeGreaterThan(done.length)
        expect(await outcomes(await settled(map))).toEqual([])
        expect([map.cancel(), map.cancelled(), count.closed]).toEqual([false, false, true])
      }
    },
  )

  if (kind === 'thread') {
    test('finishes the running chunk if its pool is stopped, and cancels the rest of the chunk if its worker dies', async () => {
      const [pool, gate] = [makePool(kind, { maxWorkers: 1 }), new Gate()]
      const map = pool.map(
        elements.holdThenDie,
        numbers(4).map((n): [number, string] => [n, gate.path]),
        { chunkSize: 4 },
      )
      const all = outcomes(map)
      await gate.whenArrived()
      pool.stop()
      gate.open()
      const codes = (await all).map((each) => (each instanceof Error ? (each as NodeJS.ErrnoException).code : each))
      expect(codes).toEqual([0, 'ERR_PEBBLE_THREAD_EXPIRED', 'ERR_PEBBLE_CANCELLED', 'ERR_PEBBLE_CANCELLED'])
      await settled(pool.join())
    })
  }

  test('every element fails if the pool breaks while an asynchronous source is in the middle of a chunk', async () => {
    const pool = makePool(kind, { initializer: initializers.rejectAtStart })
    async function* source(): AsyncGenerator<number> {
      yield* [1, 2, 3]
      await new Promise(() => undefined) // for ever
    }
    const results = pool.map(elements.double, source(), { chunkSize: 2 })[Symbol.asyncIterator]()
    for (let n = 0; n < 3; n++) expect(await failure(results.next())).toMatchObject({ code: 'ERR_PEBBLE_POOL' })
  })

  describe('wrong input is refused by the call', () => {
    test.each([
      [
        'chunkSize: 0',
        [[1], { chunkSize: 0 }],
        RangeError,
        'Expected `chunkSize` to be a positive integer, got `0` (number)',
      ],
      ['buffer: 0', [[1], { buffer: 0 }], RangeError, 'Expected `buffer` to be a positive integer, got `0` (number)'],
      [
        'a misspelt option',
        [[1], { chunksize: 5 }],
        TypeError,
        'Unknown option `chunksize`; did you mean `chunkSize`?',
      ],
      [
        'timeout: "1s"',
        [[1], { timeout: '1s' }],
        TypeError,
        'Expected `timeout` to be a positive number, got `"1s"` (string)',
      ],
      ['no iterable', [], TypeError, 'Expected an iterable of elements after the function, got nothing'],
      [
        'no iterable, but options',
        [{ chunkSize: 2 }],
        TypeError,
        'Expected an iterable of elements after the function, got nothing',
      ],
      ['a number for an iterable', [5], TypeError, 'Expected an iterable of elements, got number'],
      ['a number among the iterables', [[1], 5, [2]], TypeError, 'Expected an iterable of elements, got number'],
    ] as Array<[string, unknown[], new () => Error, string]>)('%s', (_what, rest, Kind, message) => {
      const pool = makePool(kind)
      const call = (): unknown => Reflect.apply(pool.map as Function, pool, [elements.double, ...rest])
      expect(call).toThrow(Kind)
      expect(call).toThrow(message)
    })
  })
}
