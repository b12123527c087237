/** Values of bodies that throw when they are read: they fail their call, and nothing else. */
import { ProcessPool, ThreadPool } from 'pebble-ts'
import * as hostile from '../fixtures/hostile'
import { Gate } from '../support/gate'
import { forEachKind } from '../support/setup'
import { useSoloPools } from '../support/solo'
import { failure, settled } from '../support/until'

useSoloPools()

/** The worker runs 32 of these calls, some ms, before it lets other code run. Their outcomes must have left by then. */
forEachKind('a loop that a body leaves behind', (kind) => {
  test('costs no call its outcome', async () => {
    await using pool = new (kind === 'thread' ? ThreadPool : ProcessPool)({ maxWorkers: 1 })
    const call = (n: number, ms: number) => pool.schedule(hostile.leaveALoop, { args: [n, ms] })
    // Calls that were short so far are sent together.
    await settled(Promise.all(Array.from({ length: 500 }, () => call(-1, 0))))
    // The outcome of a long body leaves at once, that of a short one may wait for the next body.
    const calls = Array.from({ length: 100 }, (_, n) => call(n, n % 2 === 0 ? 0 : 0.5))
    expect(await settled(Promise.all(calls))).toEqual(calls.map((_, n) => n))
  })
})

forEachKind('a hostile value', (kind) => {
  const Pool = kind === 'thread' ? ThreadPool : ProcessPool
  const open = (concurrency = 1): ThreadPool | ProcessPool => new Pool({ maxWorkers: 1, concurrency })

  test.each(['thenThrows', 'messageThrows', 'frozen'] as const)('%s: the worker goes on', async (name) => {
    await using pool = open()
    for (let call = 0; call < 3; call++) {
      expect(await failure(pool.schedule(hostile[name]))).toBeInstanceOf(Error)
      expect(await settled(pool.schedule(hostile.echo, { args: [call] }))).toBe(call)
    }
    expect(pool.stats().started).toBe(1)
  })

  test('a frozen error keeps its message', async () => {
    await using pool = open()
    const error = await failure<TypeError>(pool.schedule(hostile.frozen))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toMatch(/^Cannot read private member #n/)
  })

  test('does not affect calls that run in the same worker', async () => {
    await using pool = open(2)
    const gate = new Gate()
    await settled(pool.schedule(hostile.thenThrows).catch(() => undefined))
    const beside = pool.schedule(hostile.passing, { args: [gate.path] })
    await gate.whenArrived()
    expect(await failure(pool.schedule(hostile.thenThrows))).toMatchObject({ name: 'RangeError', message: 'no then' })
    gate.open()
    expect(await settled(beside)).toBe('passed')
  })

  test('among the results of a map fails only its element', async () => {
    await using pool = open()
    const outcomes: unknown[] = []
    const results = pool.map(hostile.thenOf, [0, 1, 2, 3], { chunkSize: 4 })[Symbol.asyncIterator]()
    for (let n = 0; n < 4; n++) outcomes.push(await results.next().then(({ value }) => value, String))
    expect(outcomes).toEqual([0, 'RangeError: no then', 2, 3])
  })

  test('that is reported as progress and cannot be decoded fails the call and stops the body', async () => {
    await using pool = open()
    const gate = new Gate()
    const error = await failure(pool.schedule(hostile.reportOdd, { args: [gate.path] }))
    expect(error).toMatchObject({ code: 'ERR_PEBBLE_SERIALIZATION', message: expect.stringContaining('no Odd 1 here') as string }) // prettier-ignore
    expect(await settled(pool.schedule(hostile.echo, { args: [7] }))).toBe(7)
  })

  test('that is yielded and cannot be decoded ends the stream and stops the body', async () => {
    const streams = new hostile.Streams()
    expect(await failure(streams[kind]().next())).toMatchObject({ code: 'ERR_PEBBLE_SERIALIZATION' })
    expect(await settled(kind === 'thread' ? streams.afterThread() : streams.afterProcess())).toBe('served')
  })
})

test('a process that cannot be started breaks its pool, and all calls fail', async () => {
  const pool = new ProcessPool({ maxWorkers: 2, context: { cwd: __filename } })
  const calls = [1, 2, 3].map((n) => failure(pool.schedule(hostile.echo, { args: [n] })))
  for (const error of await Promise.all(calls)) {
    expect(error).toMatchObject({ code: 'ERR_PEBBLE_POOL', message: expect.stringContaining('could not be started (spawn ENOTDIR)') as string }) // prettier-ignore
  }
  pool.close()
  await settled(pool.join())
  expect([pool.active, pool.stats().pending]).toEqual([false, 0])
})
