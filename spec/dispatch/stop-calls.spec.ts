/** Bodies that are stopped, with a fake clock. */
import { CancelledError, TimeoutError } from '../../src/errors'
import { MessageKind, type ControlMessage } from '../../src/wire/messages'
import { unpack } from '../../src/wire/values'
import { readyPool } from './fake-pool'
import { FakeClock } from '../support/clock'
import { outcome } from '../support/outcome'

let clock: FakeClock
beforeEach(() => (clock = new FakeClock()))

const ready = () => readyPool(clock)

describe('`grace`', () => {
  test.each([{}, { grace: 0 }])('is off with %p: the worker is killed at once', async (limits) => {
    const { pool, worker } = await ready()
    const call = pool.call('a', limits)
    worker.start('a')
    call.cancel()
    expect([worker.killed, worker.controls]).toEqual([true, []])
    await outcome(call)
  })

  test('tells the body why it is aborted, and kills the worker if the body goes on', async () => {
    const { pool, worker } = await ready()
    const call = pool.call('a', { timeout: 100, grace: 30 })
    const failed = outcome(call)
    worker.start('a')
    await clock.pass(100)
    const error = (await failed) as Error
    expect(error).toBeInstanceOf(TimeoutError)
    expect(worker.controls).toEqual([{ type: 'abort', sequence: worker.sequences.at(-1), reason: error.message }])
    await clock.pass(29)
    expect(worker.killed).toBe(false)
    await clock.pass(1)
    expect(worker.killed).toBe(true)
  })

  test('tells the body the reason of the signal that has cancelled the call', async () => {
    const { pool, worker } = await ready()
    const calls = [pool.call('a', { grace: 30 }), pool.call('b', { grace: 30 })] as const
    worker.start('a')
    pool.dispatcher.cancel(calls[0], new RangeError('the user has left'))
    const abort = worker.controls[0] as ControlMessage & { type: 'abort' }
    expect(Object.keys(abort)).toEqual(['type', 'sequence', 'reason', 'cause'])
    const { cause } = abort
    expect(unpack(cause?.data, cause?.flags as number, {})).toMatchObject({
      name: 'RangeError',
      message: 'the user has left',
    })
    worker.finish('a')
    await pool.flushed()
    worker.start('b')
    pool.dispatcher.cancel(calls[1])
    expect(Object.keys(worker.controls.at(-1) as object)).toEqual(['type', 'sequence', 'reason'])
    worker.finish('b')
    await Promise.all(calls.map(outcome))
  })

  test('does not kill the worker if the body has ended, even if the outcome was not read yet', async () => {
    for (const ending of ['in time', 'unread'] as const) {
      const { pool, worker } = await ready()
      const call = pool.call('a', { grace: 30 })
      worker.start('a')
      call.cancel()
      if (ending === 'in time') worker.finish('a')
      else worker.publish(worker.sequences.at(-1) as number, 'a')
      const next = pool.call('b')
      await clock.block(30)
      expect(worker.killed).toBe(false)
      expect(await outcome(call)).toBeInstanceOf(CancelledError)
      await pool.flushed()
      worker.run('b')
      expect(await outcome(next)).toBe('b!')
    }
  })

  test('ends if the worker has skipped the call, although it seemed to have started', async () => {
    const { pool, worker } = await ready()
    const call = pool.call('a', { grace: 30 })
    worker.start('a')
    call.cancel()
    worker.finish('a', 0, MessageKind.Revoked)
    await clock.pass(30)
    expect([worker.killed, pool.dispatcher.ledger.pending]).toEqual([false, 0])
    await outcome(call)
  })
})
