/** Outcomes, limits, cancellations and exits that race, with a fake clock. */
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

describe('an outcome that was sent and not read yet', () => {
  test('wins against a cancellation', async () => {
    const [pool, worker] = await ready()
    const call = pool.call('a')
    worker.start('a')
    worker.publish(worker.sequences.at(-1) as number, 'a')
    expect(call.cancel()).toBe(false)
    expect([await outcome(call), worker.killed, call.cancel()]).toEqual(['a!', false, false])
  })

  test('loses if the body was ended by the same signal that cancels the call', async () => {
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

  test('wins against the exit of its worker', async () => {
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

test('the reason of a cancellation is the cause of the error', async () => {
  const [pool] = await ready()
  const call = pool.call('a')
  const cancelled = outcome(call)
  expect(pool.dispatcher.cancel(call, 'enough')).toBe(true)
  expect(pool.dispatcher.cancel(call, 'again')).toBe(false)
  expect(await cancelled).toMatchObject({ message: '`job` of jobs.ts was cancelled.', cause: 'enough' })
})

test('a call that is cancelled during the import of its module stops the worker; other calls run elsewhere', async () => {
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

test('a `queueTimeout` that passes while the call seems to have started fails it once the worker skips it', async () => {
  const [pool, worker] = await ready({}, 'file')
  const [one, two] = [pool.call('one'), pool.call('two', { queueTimeout: 20 })]
  await pool.flushed()
  worker.start('one')
  let started: boolean | undefined
  worker.slots.meanwhile = () => (started ??= worker.start('two')) // the worker reaches the call as its limit passes
  await clock.pass(20)
  worker.slots.meanwhile = () => undefined
  expect([started, two.future.done()]).toEqual([false, false])
  worker.finish('one')
  worker.finish('two', 0, MessageKind.Revoked)
  expect(await outcome(two)).toMatchObject({ code: 'ERR_PEBBLE_TIMEOUT', timeout: 20 })
  expect([await outcome(one), pool.dispatcher.ledger.pending]).toEqual(['one!', 0])
})
