/** When workers start and end, with a fake clock. */
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

test('a worker that starts gets one call, and more once it is ready', async () => {
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
