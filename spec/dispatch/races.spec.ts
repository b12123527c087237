/** What races to a call's end, and workers that let calls lie; by a clock that passes when the spec says so. */
import { CancelledError, ProcessExpired } from '../../src/errors'
import { watchSignal } from '../../src/pools/live-signals'
import { MessageKind } from '../../src/wire/messages'
import { FakePool, type FakeWorker } from './fake-pool'
import { FakeClock } from '../support/clock'
import { outcome } from '../support/outcome'

let clock: FakeClock
beforeEach(() => (clock = new FakeClock()))

async function ready(options = {}, slots: 'shared' | 'file' = 'shared'): Promise<[FakePool, FakeWorker]> {
  const pool = new FakePool({ maxWorkers: 1, ...options }, slots)
  return [pool, await pool.learned(0.01)]
}

describe('an outcome that is there, though nobody has read it,', () => {
  test('comes before a cancellation', async () => {
    const [pool, worker] = await ready()
    const call = pool.call('a')
    worker.start('a')
    worker.publish(worker.sequences.at(-1) as number, 'a')
    expect(call.cancel()).toBe(false)
    expect([await outcome(call), worker.killed, call.cancel()]).toEqual(['a!', false, false])
  })

  test('comes too late, where the body made it of the very signal that cancels it', async () => {
    const [pool, worker] = await ready()
    const call = pool.call('a', { grace: 50 })
    worker.start('a')
    const abortion = new AbortController()
    watchSignal(abortion.signal, call, pool.dispatcher, 0)
    worker.clone = (message) => {
      if ('type' in message && message.type === 'signal') worker.publish(worker.sequences.at(-1) as number, 'a')
    }
    abortion.abort('enough')
    expect(call.future.cancelled()).toBe(true)
    expect(worker.controls.map(({ type }) => type)).toEqual(['abort', 'signal'])
    worker.drain()
    expect([await outcome(call), worker.killed]).toEqual([expect.any(CancelledError), false])
  })

  test('comes before the end of its worker', async () => {
    const [pool, worker] = await ready()
    const [a, b] = [pool.call('a'), pool.call('b')]
    await pool.flushed()
    worker.start('a')
    worker.publish(worker.sequences[1] as number, 'a')
    worker.start('b')
    worker.exit({ exitCode: 7 })
    expect(await outcome(a)).toBe('a!')
    expect(await outcome(b)).toBeInstanceOf(ProcessExpired)
  })
})

test('a cancellation has its reason as the cause', async () => {
  const [pool] = await ready()
  const call = pool.call('a')
  const cancelled = outcome(call)
  expect(pool.dispatcher.cancel(call, 'enough')).toBe(true)
  expect(pool.dispatcher.cancel(call, 'again')).toBe(false)
  expect(await cancelled).toMatchObject({ message: '`job` of jobs.ts was cancelled.', cause: 'enough' })
})

test('a cancelled call whose module is imported costs its worker, and nobody else anything', async () => {
  const [pool, worker] = await ready()
  const [a, b] = [pool.call('a'), pool.call('b')]
  await pool.flushed()
  worker.load('a')
  const cancelled = outcome(a)
  a.cancel()
  expect(worker.killed).toBe(true)
  expect(await cancelled).toBeInstanceOf(CancelledError)
  pool.worker(1).serve().run('b')
  expect(await outcome(b)).toBe('b!')
})

test('a worker that starts gets one call; those behind it come when it serves', async () => {
  const [pool, first] = await ready({ maxWorkers: 2 })
  first.message({ kind: MessageKind.OverMemory, sequence: 0, duration: 0, flags: 0, data: undefined })
  first.exit({ exitCode: 0 })
  const calls = ['a', 'b', 'c', 'd'].map((name) => pool.call(name))
  await pool.flushed()
  const [one, other] = pool.workers.slice(1) as [FakeWorker, FakeWorker]
  expect([one.names, other.names]).toEqual([['a'], ['b']])
  one.serve()
  await pool.flushed()
  expect([one.names, other.names]).toEqual([['a', 'c', 'd'], ['b']])
  for (const name of ['a', 'c', 'd']) one.run(name)
  other.run('b')
  await Promise.all(calls.map(outcome))
})

test('how long bodies ran is what their workers tell; skipped calls ran for no time', async () => {
  const [pool, worker] = await ready({}, 'file')
  const before = pool.dispatcher.timer.ran.stats().count
  const call = pool.call('a')
  worker.finish('a', 50, MessageKind.Revoked)
  worker.start('a')
  worker.finish('a', 3)
  await outcome(call)
  const { count, max } = pool.dispatcher.timer.ran.stats()
  expect([count - before, Math.round(max)]).toEqual([1, 3])
  expect(pool.method.expectedDuration).toBeLessThan(1) // a limit to how fast it grows; nothing was learned from the skipped one
})

describe('a worker that lets its calls lie, and says nothing,', () => {
  test('is replaced at the second look; the next has twice the time', async () => {
    const [pool, worker] = await ready()
    await clock.pass(5_000)
    const call = pool.call('a')
    await clock.pass(1_999)
    expect(worker.killed).toBe(false)
    await clock.pass(1)
    expect(worker.killed).toBe(true)
    const second = pool.worker(1).serve()
    expect(second.names).toEqual(['a'])
    await clock.pass(2_999)
    expect([call.unresponsiveWorkers, second.killed]).toEqual([1, false])
    await clock.pass(1)
    expect([call.unresponsiveWorkers, second.killed]).toEqual([2, true])
    pool.worker(2).serve().run('a')
    expect(await outcome(call)).toBe('a!')
  })

  test('keeps a call that it starts at this very moment', async () => {
    const [pool, worker] = await ready({}, 'file')
    const call = pool.call('a')
    worker.slots.meanwhile = () => worker.slots.start(worker.sequences.at(-1) as number)
    await clock.pass(2_000)
    worker.slots.meanwhile = () => undefined
    expect([worker.killed, call.running()]).toEqual([false, true])
    worker.finish('a')
    expect(await outcome(call)).toBe('a!')
  })
})

test('`queueTimeout` of a call that only seemed to have started', async () => {
  const [pool, worker] = await ready({}, 'file')
  const [one, two] = [pool.call('one'), pool.call('two', { queueTimeout: 20 })]
  await pool.flushed()
  worker.start('one')
  let started: boolean | undefined
  worker.slots.meanwhile = () => (started ??= worker.start('two')) // it comes to it as its limit passes
  await clock.pass(20)
  worker.slots.meanwhile = () => undefined
  expect([started, two.future.done()]).toEqual([false, false])
  worker.finish('one')
  worker.finish('two', 0, MessageKind.Revoked)
  expect(await outcome(two)).toMatchObject({ code: 'ERR_PEBBLE_TIMEOUT', timeout: 20 })
  expect([await outcome(one), pool.dispatcher.ledger.pending]).toEqual(['one!', 0])
})

test('an idle worker ends after `idleTimeout`, counted from its last call', async () => {
  const [pool, worker] = await ready({ idleTimeout: 100 })
  await clock.pass(60)
  const call = pool.call('a')
  await clock.pass(60)
  expect(worker.controls).toEqual([])
  worker.run('a')
  await clock.pass(99)
  expect(worker.controls).toEqual([])
  await clock.pass(1)
  expect(worker.controls).toEqual([{ type: 'stop' }])
  await outcome(call)
})
