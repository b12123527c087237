/** Pools that cannot work: their initializer throws, or their workers do not start. */
import { PoolError, TimeoutError } from '../../src/errors'
import type { Call } from '../../src/dispatch/call'
import { packThrown } from '../../src/wire/errors'
import { MessageKind, type WorkerMessage } from '../../src/wire/messages'
import { FakePool } from './fake-pool'
import { FakeClock } from '../support/clock'
import { outcome } from '../support/outcome'

const say = (kind: MessageKind, more: Partial<WorkerMessage> = {}): WorkerMessage => ({ kind, sequence: 0, duration: 0, flags: 0, data: undefined, ...more }) // prettier-ignore
const thrown = (error: unknown): Partial<WorkerMessage> => packThrown(error, { root: 'error', kind: 'process' })

describe('a pool that cannot work', () => {
  test('because its initializer threw fails all calls that have not started, and later ones, with that error; running calls go on', async () => {
    const pool = new FakePool({ maxWorkers: 2 })
    const [running, sent] = pool.calls('running', 'sent') as [Call, Call]
    const queued = pool.call('queued')
    pool.worker(0).serve().start('running')
    const outcomes = [sent, queued].map(outcome)
    expect(pool.dispatcher.broken).toBe(false)
    pool.worker(1).message(say(MessageKind.Broken, thrown(new RangeError('no database'))))
    pool.worker(1).message(say(MessageKind.Broken, thrown(new RangeError('the second is ignored'))))
    expect(pool.dispatcher.broken).toBe(true)
    outcomes.push(outcome(pool.call('late')))
    for (const failed of outcomes) {
      const error = (await failed) as PoolError
      expect(error).toBeInstanceOf(PoolError)
      expect(error.message).toBe('The pool is broken: the initializer threw RangeError: no database')
      expect(error.cause).toBeInstanceOf(RangeError)
    }
    expect([pool.worker(0).killed, pool.worker(1).killed]).toEqual([false, true])
    pool.worker(0).finish('running')
    expect(await outcome(running)).toBe('running!')
    expect(pool.worker(0).controls).toEqual([{ type: 'stop' }])
    for (const worker of pool.workers) worker.exit()
    await pool.dispatcher.end()
    expect(pool.workers).toHaveLength(2)
  })

  test('says so if the error of the initializer cannot be decoded', async () => {
    const pool = new FakePool()
    const failed = outcome(pool.call('a'))
    pool.worker(0).message(say(MessageKind.Broken, { data: new Uint8Array([1, 2]), flags: 2 }))
    expect(await failed).toMatchObject({ message: 'The pool is broken: the initializer threw PebbleError: the initializer threw an error that could not be read.' }) // prettier-ignore
  })

  test('because a worker does not start in time kills the worker', async () => {
    const clock = new FakeClock()
    const pool = new FakePool({ maxWorkers: 1, startTimeout: 200 })
    const failed = outcome(pool.call('a'))
    await clock.pass(199)
    expect(pool.dispatcher.broken).toBe(false)
    await clock.pass(1)
    const { cause } = (await failed) as PoolError
    expect(cause).toBeInstanceOf(TimeoutError)
    expect(cause).toMatchObject({ message: 'A worker did not start within 200 ms (limit `initTimeout: 200`).' })
    expect(pool.worker(0).killed).toBe(true)
  })

  test('fails a call that seemed to have started once the worker skips it', async () => {
    const pool = new FakePool({ maxWorkers: 1 }, 'file')
    const worker = await pool.learned(0.01)
    const call = pool.call('a')
    const failed = outcome(call)
    worker.start('a')
    worker.message(say(MessageKind.Broken, thrown(new Error('no'))))
    expect(call.future.done()).toBe(false)
    worker.finish('a', 0, MessageKind.Revoked)
    expect(await failed).toBeInstanceOf(PoolError)
    expect(pool.dispatcher.ledger.pending).toBe(0)
  })
})

test('a worker in which the library itself fails before it is ready breaks the pool at the third start, with that cause', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  const failed = outcome(pool.call('a'))
  for (let n = 0; n < 3; n++) {
    pool.worker(n).message(say(MessageKind.Failed, thrown(new RangeError('inside'))))
    pool.worker(n).exit({ exitCode: 70 })
  }
  expect(await failed).toMatchObject({ code: 'ERR_PEBBLE_POOL', cause: { cause: { message: 'inside' } } })
})
