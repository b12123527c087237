/** What the dispatcher says about itself, and the end of its workers. */
import type { Call } from '../../src/dispatch/call'
import { MessageKind } from '../../src/wire/messages'
import { FakeClock } from '../support/clock'
import { turns } from '../support/leftovers'
import { outcome } from '../support/outcome'
import { FakePool, readyPool } from './fake-pool'

test('`stats()` counts the workers, the idle ones, and the bodies that run', async () => {
  const pool = new FakePool({ maxWorkers: 2, concurrency: 2 })
  expect(pool.dispatcher.stats()).toMatchObject({ workers: 0, idle: 0, running: 0, started: 0 })
  const calls = pool.calls('a', 'b', 'c', 'd')
  await pool.flushed()
  const [first, second] = [pool.worker(0).serve(), pool.worker(1).serve()]
  expect(pool.dispatcher.stats()).toMatchObject({ workers: 2, idle: 0, running: 0, started: 2 })
  for (const worker of [first, second]) worker.start(worker.names[0])
  first.start(first.names[1])
  expect(pool.dispatcher.stats()).toMatchObject({ workers: 2, idle: 0, running: 3, started: 2 })
  for (const name of first.names) first.finish(name)
  expect(pool.dispatcher.stats()).toMatchObject({ workers: 2, idle: 1, running: 1, started: 2 })
  second.finish(second.names[0])
  second.run(second.names[1])
  await Promise.all(calls.map(outcome))
  expect(pool.dispatcher.stats()).toMatchObject({ workers: 2, idle: 2, running: 0, started: 2 })
  second.exit()
  expect(pool.dispatcher.stats()).toMatchObject({ workers: 1, idle: 1, running: 0, started: 2 })
})

test('`stats()` has the times in the queue and those of the bodies', async () => {
  const clock = new FakeClock()
  const { pool, worker } = await readyPool(clock, 5)
  const call = pool.call('a')
  await clock.pass(20)
  worker.start('a')
  await clock.pass(30)
  worker.finish('a', 30)
  await outcome(call)
  const { queueTime, runTime } = pool.dispatcher.stats()
  expect([queueTime.count, runTime.count]).toEqual([2, 2])
  expect(Math.round(queueTime.max)).toBe(20)
  expect(Math.round(runTime.max)).toBe(30)
})

test('`oldestQueued()` is how long the oldest call has waited', async () => {
  const clock = new FakeClock()
  const { pool, worker } = await readyPool(clock, 5)
  expect(pool.dispatcher.oldestQueued()).toBe(0)
  const running = pool.call('running')
  worker.start('running')
  await clock.pass(10)
  const waiting = pool.call('waiting')
  await clock.pass(15)
  expect(Math.round(pool.dispatcher.oldestQueued())).toBe(15)
  worker.finish('running')
  await clock.pass(1)
  worker.run('waiting')
  await Promise.all([running, waiting].map(outcome))
  expect(pool.dispatcher.oldestQueued()).toBe(0)
})

test('`retire()` stops each worker after its calls, and later calls get new ones', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  const worker = await pool.learned(100)
  const running = pool.call('a')
  await pool.flushed()
  worker.start('a')
  pool.dispatcher.retire()
  expect([worker.killed, worker.controls]).toEqual([false, []])
  worker.finish('a')
  expect([worker.killed, worker.controls]).toEqual([false, [{ type: 'stop' }]])
  const next = pool.call('b')
  worker.exit({ exitCode: 0 })
  await turns()
  pool.worker(1).serve().run('b')
  expect(await Promise.all([running, next].map(outcome))).toEqual(['a!', 'b!'])
})

test('`cancel()` of a call that has settled returns `false` and stops nothing', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  const worker = await pool.learned(100)
  const [a, b] = pool.calls('a', 'b') as [Call, Call]
  await pool.flushed()
  worker.run('a')
  await pool.flushed()
  worker.start('b')
  expect([pool.dispatcher.cancel(a), worker.killed]).toEqual([false, false])
  worker.finish('b')
  expect(await Promise.all([a, b].map(outcome))).toEqual(['a!', 'b!'])
})

test('a requeued call has no start time, although its worker seemed to have started it', async () => {
  const { pool, worker } = await readyPool(new FakeClock(), 5)
  const call = pool.call('a')
  await pool.flushed()
  worker.start('a')
  pool.dispatcher.timer.noteStart(call)
  expect(call.times?.startedAt).toBeDefined()
  worker.finish('a', 0, MessageKind.Revoked)
  expect(call.times?.startedAt).toBeUndefined()
  await pool.flushed()
  worker.run('a')
  expect(await outcome(call)).toBe('a!')
})
