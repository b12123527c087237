/** Numbers at the ends of their ranges: each works, or is refused with an error that names the option. */
import { ProcessPool, Queue, Semaphore, ThreadPool } from 'pebble-ts'
import { SummoningPool, WorkerPool } from 'pebble-ts/workers'
import { Memo } from '../../src/decorators/memoize'
import { Future } from '../../src/futures/future'
import * as bodies from '../fixtures/sabotage'
import { settled } from '../support/until'

const NUMBERS = [0, -1, 0.5, NaN, 1e9, 2 ** 53, Infinity]
const OPTIONS = ['maxWorkers', 'maxTasks', 'maxQueue', 'concurrency', 'idleTimeout', 'maxMemory'] as const
const LIMITS = ['maxOldGenerationSizeMb', 'maxYoungGenerationSizeMb', 'codeRangeSizeMb', 'stackSizeMb'] as const

/** What `make` makes; undefined where it refuses, by an error that names the option. */
function made<T>(name: string, make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError)
    expect((error as Error).message).toMatch(new RegExp(`^Expected .*\`?${name}\\b`))
    return undefined
  }
}

describe.each(OPTIONS)('%s', (name) => {
  test.each(NUMBERS)('%d', async (value) => {
    const pool = made(name, () => new ThreadPool({ maxWorkers: 1, [name]: value }))
    if (!pool) return
    expect(await settled(pool.schedule(bodies.echo, { args: [1] }))).toBe(1)
    pool.stop()
    await settled(pool.join())
  })

  test('a process pool agrees about what is refused', () => {
    const refused = (Pool: typeof ThreadPool | typeof ProcessPool): number[] =>
      NUMBERS.filter((value) => made<ThreadPool | ProcessPool>(name, () => new Pool({ [name]: value })) === undefined)
    expect(refused(ProcessPool)).toEqual(refused(ThreadPool))
  })
})

describe.each(LIMITS)('resourceLimits.%s', (name) => {
  test.each([0, -1, NaN, 1e9, 2 ** 53, Infinity])('%d is refused: V8 would end the program', (value) => {
    const resourceLimits = { [name]: value }
    const makes: Array<() => ThreadPool | ProcessPool> = [
      () => new ThreadPool({ resourceLimits }),
      () => new ProcessPool({ resourceLimits }),
      () => new ProcessPool({ context: { resourceLimits } }),
    ]
    for (const make of makes) expect(made(`(?:context\\.)?resourceLimits\\.${name}`, make)).toBeUndefined()
  })
})

describe('one call, and a map', () => {
  let pool: ThreadPool
  beforeAll(() => (pool = new ThreadPool({ maxWorkers: 1 })))
  afterAll(async () => {
    pool.close()
    await pool.join()
  })

  test.each(['timeout', 'queueTimeout', 'grace', 'priority'] as const)('%s', async (name) => {
    for (const value of NUMBERS.filter((each) => !(each > 0 && each < 1))) {
      const future = made(name, () => pool.schedule(bodies.echo, { args: [value], [name]: value }))
      if (future) expect(await settled(future)).toBe(value)
    }
  })

  test.each(['chunkSize', 'buffer', 'timeout', 'grace', 'priority'] as const)('map: %s', async (name) => {
    for (const value of NUMBERS.filter((each) => !(each > 0 && each < 1))) {
      const map = made(name, () => pool.map(bodies.echo, [1, 2, 3], { [name]: value }))
      if (!map) continue
      const results: unknown[] = []
      for await (const result of map) results.push(result)
      expect(results).toEqual([1, 2, 3])
    }
  })
})

test.each(NUMBERS)('permits, sizes, and what is remembered: %d', async (value) => {
  const semaphore = made('permits', () => new Semaphore(value))
  if (semaphore) expect(await settled(semaphore.runExclusive(() => 1))).toBe(1)
  const queue = made('maxSize', () => new Queue<number>(value))
  if (queue) expect(await settled(queue.put(1).then(() => queue.get()))).toBe(1)
})

test.each([{ maxSize: 1e9 }, { maxSize: 2 ** 53 - 1 }, { ttl: 0.5 }, { ttl: 2 ** 53 }, { ttl: Infinity }])(
  'memoize: %p',
  async (options) => {
    const self = {}
    const memo = new Memo(options)
    const call = { self, args: [1], submit: () => Future.resolve(7), createFuture: () => Future.resolve(7) } as never
    expect(await settled(memo.call(call))).toBe(7)
  },
)

describe('a pool of workers', () => {
  test.each([-1, 0.5, NaN, 10_001, 1e9, 2 ** 53, Infinity])('cannot have %d', (count) => {
    expect(made('wcount', () => new WorkerPool(count))).toBeUndefined()
    expect(() => new WorkerPool(0).summon(count)).toThrow(/^Expected `count` to be an integer from 0 to 10000, got/)
  })

  test('cannot grow beyond its most', async () => {
    const pool = new WorkerPool(1)
    expect(() => pool.summon(10_000)).toThrow(
      new RangeError('Expected at most 10000 workers in WorkerPool-1, got 10001'),
    )
    await pool.exile()
  })

  test('summons no more than its most, whatever its rate', async () => {
    const summoned: number[] = []
    const summon = jest
      .spyOn(SummoningPool.prototype, 'summon')
      .mockImplementation((count) => void summoned.push(count))
    const pool = new SummoningPool(1, 1e9, { rate: 1e9, ratio: 1, interval: 0 })
    await pool.inbox.put([bodies.echo, [1]])
    await pool.inbox.put([bodies.echo, [2]])
    await settled(
      new Promise<void>((resolve) => summon.mockImplementation((count) => (summoned.push(count), resolve()))),
    )
    summon.mockRestore()
    expect(summoned[0]).toBe(1)
    for (const count of summoned.slice(1)) expect(count).toBeLessThanOrEqual(10_000)
    await pool.exile(false)
  })

  test('waits at its inbox as long as a stagger says, but for the first worker', async () => {
    const pool = new WorkerPool(2, { stagger: Infinity })
    await pool.inbox.put([bodies.echo, [1]])
    expect(await settled(pool.outbox.get())).toBe(1)
    await pool.exile()
  })
})
