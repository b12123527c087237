import { futureOf, PoolError, pools, ProcessPool, ThreadPool, type ProcessContext } from 'pebble-ts'
import { sharedKey, sharedPool } from '../../src/pools/registry'
import { explode, Named } from '../fixtures/pools/named'
import { Gate } from '../support/gate'
import '../support/setup'
import { failure, settled } from '../support/until'

const named = new Named()
const key = (context: ProcessContext): string => sharedKey('process', context)
const make = (): ThreadPool => new ThreadPool({ maxWorkers: 1 })

// Ends registered pools. A spec that makes an unregistered pool ends it itself.
afterEach(async () => {
  await settled(pools.shutdown())
  pools.configure({ thread: {}, process: {} })
})

describe('pools.register', () => {
  test('gives a pool a name by which it is found', () => {
    const [threads, processes] = [make(), new ProcessPool({ maxWorkers: 1 })]
    pools.register('threads', threads)
    pools.register('processes', processes)
    expect(pools.get('threads')).toBe(threads)
    expect(pools.get<ProcessPool>('processes')).toBe(processes)
    expect(pools.get('nobody')).toBeUndefined()
  })

  test('does not replace a pool silently, but accepts the same pool again or under another name', () => {
    const [first, second] = [make(), make()]
    pools.register('mine', first)
    expect(() => pools.register('mine', second)).toThrow(
      new PoolError("Another pool is registered as 'mine'. Choose another name, or end that pool first."),
    )
    expect(pools.get('mine')).toBe(first)
    pools.register('mine', first)
    pools.register('mine too', first)
    second.close()
  })

  test('gives the name of an ended pool to the next one', async () => {
    const [first, second] = [make(), make()]
    pools.register('mine', first)
    const gate = new Gate()
    const future = first.schedule(named.sharedPass, { args: [gate.path] })
    first.close()
    expect(() => pools.register('mine', second)).toThrow(PoolError) // it has a pending call
    gate.open()
    await settled(future)
    await settled(first.join())
    pools.register('mine', second)
    expect(pools.get('mine')).toBe(second)
  })

  test('accepts only a name and a pool', () => {
    const pool = make()
    expect(() => pools.register('', pool)).toThrow(RangeError)
    expect(() => pools.register(5 as never, pool)).toThrow('Expected `name` to be a non-empty string, got `5` (number)')
    expect(() => pools.register('mine', {} as never)).toThrow(
      new TypeError('Expected `pool` to be a ThreadPool or a ProcessPool, got `{}` (object)'),
    )
    expect(() => pools.register('mine', undefined as never)).toThrow(TypeError)
    pool.close()
  })
})

describe('a decorator with the name of a pool', () => {
  test('finds a pool that was registered after the class was defined', async () => {
    const error = await failure<PoolError>(named.inLater())
    expect(error).toBeInstanceOf(PoolError)
    expect(error.message).toBe(
      "No pool is registered as 'later'. Register it before the first call: pools.register('later', pool).",
    )
    const pool = make()
    pools.register('later', pool)
    await settled(named.inLater())
    expect(pool.stats().settled).toBe(1)
  })

  test('shares its workers with no other name', async () => {
    const [later, other] = [make(), make()]
    pools.register('later', later)
    pools.register('other', other)
    const [one, two, three] = await settled(Promise.all([named.inLater(), named.inOther(), named.shared()]))
    expect(new Set([one, two, three]).size).toBe(3)
    expect([later.stats().settled, other.stats().settled]).toEqual([1, 1])
  })

  test('rejects if that pool is of the other kind', async () => {
    pools.register('later', new ThreadPool({ maxWorkers: 1, name: 'mine' }))
    expect((await failure(named.ofTheOtherKind())).message).toBe(
      "Cannot run a @process method on 'mine': it is a pool of threads.",
    )
  })

  test('rejects if that pool is closed', async () => {
    const pool = make()
    pools.register('later', pool)
    pool.close()
    expect((await failure(named.inLater())).message).toContain('Cannot schedule on a closed pool')
  })
})

describe('the shared pools', () => {
  test('serve the bare decorators, one for each kind', async () => {
    const [one, two] = await settled(Promise.all([named.shared(), named.sharedProcess()]))
    expect(one.startsWith(`${process.pid}:`)).toBe(true)
    expect(two.startsWith(`${process.pid}:`)).toBe(false)
  })

  test('of processes are separate for each context', async () => {
    const [red, redToo, blue, none] = await settled(
      Promise.all([named.red(), named.redToo(), named.blue(), named.sharedProcess()]),
    )
    expect([red[1], redToo[1], blue[1]]).toEqual(['red', 'red', 'blue'])
    expect(new Set([red[0], blue[0], none]).size).toBe(3)
    const again = await settled(named.redToo())
    expect([red[0], redToo[0]]).toContain(again[0])
  })

  test('are configured before their first call', async () => {
    pools.configure({ thread: { maxWorkers: 1, maxTasks: 1 }, process: { maxWorkers: 1, maxTasks: 1 } })
    for (const method of ['shared', 'sharedProcess'] as const) {
      expect(await settled(named[method]())).not.toBe(await settled(named[method]()))
    }
  })

  test('are not configured while one of them is in use', async () => {
    await settled(named.sharedProcess())
    expect(() => pools.configure({ thread: { maxTasks: 1 }, process: { maxTasks: 1 } })).toThrow(
      new PoolError(
        'The shared process pool is in use already: configure it before the first call, or after pools.shutdown().',
      ),
    )
    const first = await settled(named.shared())
    expect(await settled(named.shared())).toBe(first) // its threads are not recycled
  })

  test('count as in use if they have a context', async () => {
    await settled(named.red())
    expect(() => pools.configure({ process: { maxTasks: 1 } })).toThrow(PoolError)
  })

  test('refuse wrong options in configure()', () => {
    expect(() => pools.configure({ thread: { maxWorkers: 0 } })).toThrow(
      new RangeError('Expected `thread.maxWorkers` to be a positive integer, got `0` (number)'),
    )
    expect(() => pools.configure({ thread: { maxWorker: 1 } as never })).toThrow(
      new TypeError('Unknown option `thread.maxWorker`; did you mean `thread.maxWorkers`?'),
    )
    expect(() => pools.configure({ threads: {} } as never)).toThrow('did you mean `thread`?')
    expect(() => pools.configure({ thread: { context: {} } as never })).toThrow(TypeError)
  })

  test('are replaced by the next call if they are broken', async () => {
    pools.configure({ thread: { maxWorkers: 1, initializer: explode } })
    expect(await failure(named.shared())).toBeInstanceOf(PoolError)
    const again = await failure<PoolError>(named.shared())
    expect((again.cause as Error).message).toBe('cannot start')
  })
})

describe('pools.shutdown', () => {
  test('lets pending calls finish, ends the workers and forgets the names', async () => {
    const [pool, gate] = [make(), new Gate()]
    pools.register('later', pool)
    const futures = [futureOf(named.sharedPass(gate.path)), futureOf(named.sharedPass(gate.path))]
    await gate.whenArrived()
    const ended = pools.shutdown()
    expect(pools.get('later')).toBeUndefined()
    gate.open()
    await settled(ended)
    expect(futures.every((future) => future.done())).toBe(true)
    await settled(Promise.all(futures))
    expect(pool.stats()).toMatchObject({ state: 'closed', workers: 0 })
  })

  test('lets the next calls make new shared pools', async () => {
    const before = await settled(named.shared())
    await settled(pools.shutdown())
    expect(await settled(named.shared())).not.toBe(before)
  })

  test('works twice, concurrently and with nothing to do', async () => {
    await settled(named.shared())
    await settled(Promise.all([pools.shutdown(), pools.shutdown()]))
    await settled(pools.shutdown())
  })

  test('accepts pools that were stopped or joined before', async () => {
    const [stopped, joined] = [make(), make()]
    pools.register('stopped', stopped)
    pools.register('joined', joined)
    stopped.stop()
    joined.close()
    await settled(joined.join())
    await settled(pools.shutdown())
  })
})

describe('process contexts', () => {
  test.each<[string, ProcessContext, ProcessContext]>([
    ['without and with empty options', {}, {}],
    ['in another order', { cwd: '/', env: { A: '1', B: '2' } }, { env: { B: '2', A: '1' }, cwd: '/' }],
    [
      'with limits in another order',
      { resourceLimits: { stackSizeMb: 1, maxOldGenerationSizeMb: 2 } },
      { resourceLimits: { maxOldGenerationSizeMb: 2, stackSizeMb: 1 } },
    ],
    [
      'that remove the same variables',
      { env: { A: undefined, B: undefined } },
      { env: { B: undefined, A: undefined } },
    ],
  ])('share a pool if they are equal: %s', (_what, one, other) => {
    expect(key(one)).toBe(key(other))
    expect(sharedPool('process', one)).toBe(sharedPool('process', other))
  })

  test.each<[string, ProcessContext, ProcessContext]>([
    ['one removes a variable', { env: { A: undefined } }, { env: {} }],
    ['each removes another variable', { env: { A: undefined } }, { env: { B: undefined } }],
    ['one sets what the other removes', { env: { A: 'undefined' } }, { env: { A: undefined } }],
    ['one sets null', { env: { A: null as never } }, { env: { A: 'null' } }],
    ['a limit is removed', { resourceLimits: { stackSizeMb: undefined as never } }, { resourceLimits: {} }],
    ['options of Node stand in another order', { execArgv: ['-r', 'a'] }, { execArgv: ['a', '-r'] }],
    ['options of Node are joined', { execArgv: ['a,b'] }, { execArgv: ['a', 'b'] }],
    ['a name holds the end of another', { env: { 'A":"1","B': '2' } }, { env: { A: '1', B: '2' } }],
  ])('do not share a pool if they differ: %s', (_what, one, other) => {
    expect(key(one)).not.toBe(key(other))
    expect(sharedPool('process', one)).not.toBe(sharedPool('process', other))
  })

  test('never make threads and processes share a pool', () => {
    expect(sharedKey('thread', undefined)).not.toBe(sharedKey('process', undefined))
    expect(sharedKey('process', {})).not.toBe(sharedKey('process', undefined))
  })
})
