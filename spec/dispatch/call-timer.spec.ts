import { MessageKind } from '../../src/wire/messages'
import { FakePool } from './fake-pool'
import { outcome } from '../support/outcome'

test('the run time of a body is what its worker reports, and skipped calls have none', async () => {
  const pool = new FakePool({ maxWorkers: 1 }, 'file')
  const worker = await pool.learned(0.01)
  const before = pool.dispatcher.timer.ran.stats().count
  const call = pool.call('a')
  worker.finish('a', 50, MessageKind.Revoked)
  worker.start('a')
  worker.finish('a', 3)
  await outcome(call)
  const { count, max } = pool.dispatcher.timer.ran.stats()
  expect([count - before, Math.round(max)]).toEqual([1, 3])
  expect(pool.method.expectedDuration).toBeLessThan(1) // it grows slowly, and skipped calls do not count
})
