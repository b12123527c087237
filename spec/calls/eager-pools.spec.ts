import { configure, CancelledError, PoolError, ProcessPool, task, ThreadPool } from 'pebble-ts'
import { children } from '../support/processes'
import { forEachKind } from '../support/setup'
import { failure, settled } from '../support/until'

const dependency = { load: (n: number): number => n }
const seen: string[] = []
const load = task(async (n: number) => dependency.load(n))
const fail = task(async (n: number): Promise<number> => {
  if (n === 2) throw new RangeError('two')
  return n
})
const never = task(() => new Promise<never>(() => undefined))
const prepare = task((word: string) => void seen.push(word))
const broken = task(() => {
  throw new Error('no database')
})

beforeAll(() => configure({ eager: true }))
afterAll(() => configure({ eager: undefined }))
afterEach(() => jest.restoreAllMocks())

forEachKind('a pool in eager mode', (kind) => {
  const Pool = kind === 'thread' ? ThreadPool : ProcessPool

  test('runs calls in the calling thread, where mocks take effect', async () => {
    jest.spyOn(dependency, 'load').mockImplementation((n) => n * 100)
    await using pool = new Pool()
    expect(await settled(pool.schedule(load, { args: [1] }))).toBe(100)
    expect(await settled(kind === 'thread' ? (pool as ThreadPool).submit(load, 2) : (pool as ProcessPool).submit(load, null, 2))).toBe(200) // prettier-ignore
    const mapped: number[] = []
    for await (const value of pool.map(load, [1, 2, 3], { chunkSize: 2 })) mapped.push(value)
    expect(mapped).toEqual([100, 200, 300])
    expect(pool.stats().started).toBe(0)
    expect(children(process.pid).filter(({ command }) => command.includes('process-entry'))).toEqual([])
  })

  test('reports a failed element of a map and goes on', async () => {
    await using pool = new Pool()
    const results = pool.map(fail, [1, 2, 3], { chunkSize: 3 })[Symbol.asyncIterator]()
    expect(await results.next()).toEqual({ done: false, value: 1 })
    await expect(results.next()).rejects.toThrow(new RangeError('two'))
    expect(await results.next()).toEqual({ done: false, value: 3 })
    expect(await results.next()).toEqual({ done: true, value: undefined })
  })

  test('cancels a call by `cancel()` and by a signal', async () => {
    await using pool = new Pool()
    const abortion = new AbortController()
    const [first, second] = [pool.schedule(never), pool.schedule(never, { signal: abortion.signal })]
    first.cancel()
    abortion.abort()
    for (const future of [first, second]) expect(await failure(future)).toBeInstanceOf(CancelledError)
  })

  test('runs the initializer once, before the first call', async () => {
    seen.length = 0
    await using pool = new Pool({ initializer: prepare, initArgs: ['ready'] })
    await settled(Promise.all([1, 2].map((n) => pool.schedule(load, { args: [n] }))))
    expect(seen).toEqual(['ready'])
  })

  test('fails all calls if the initializer fails', async () => {
    await using pool = new Pool({ initializer: broken })
    expect(await failure(pool.schedule(load, { args: [1] }))).toBeInstanceOf(PoolError)
  })

  test('accepts no calls once it is closed, and waits for those it has', async () => {
    const pool = new Pool()
    let done = false
    const future = pool.schedule(load, { args: [1] })
    future.addDoneCallback(() => (done = true))
    pool.close()
    await settled(pool.join())
    expect(done).toBe(true)
    expect(await failure(pool.schedule(load, { args: [1] }))).toBeInstanceOf(PoolError)
  })
})
