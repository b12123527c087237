/** Limits, by a clock that passes when the spec says so. */
import { CancelledError, TimeoutError } from '../../src/errors'
import { MessageKind } from '../../src/wire/messages'
import { FakePool, type FakeWorker } from './fake-pool'
import { FakeClock } from '../support/clock'
import { outcome } from '../support/outcome'

const LONGEST = 2 ** 31 - 1

let clock: FakeClock
beforeEach(() => (clock = new FakeClock()))

/** A pool of one worker that knows its method as one that takes `duration` ms. */
async function ready(duration = 0.01, options = {}): Promise<{ pool: FakePool; worker: FakeWorker }> {
  const pool = new FakePool({ maxWorkers: 1, ...options })
  const worker = await pool.learned(duration)
  await clock.pass(10) // it lets go of the program meanwhile
  return { pool, worker }
}

describe('`timeout`', () => {
  test('counts from the start of the body; the worker is stopped, and replaced', async () => {
    const { pool, worker } = await ready()
    const call = pool.call('a', { timeout: 100 })
    await clock.pass(80)
    worker.start('a')
    await clock.pass(99)
    expect([call.future.done(), call.future.running()]).toEqual([false, true])
    const failed = outcome(call)
    await clock.pass(1)
    const error = await failed
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ message: '`job` of jobs.ts was stopped after 100 ms (limit `timeout: 100`).', timeout: 100 }) // prettier-ignore
    expect(worker.killed).toBe(true)
    pool.call('b')
    expect(pool.worker(1).names).toEqual(['b'])
  })

  test('never passes for one that waits in the pipe, or whose module is imported', async () => {
    const { pool, worker } = await ready()
    const [sent, loading] = [pool.call('sent', { timeout: 100 }), pool.call('loading', { timeout: 100 })]
    worker.load('sent')
    await clock.pass(500)
    expect([sent.future.done(), loading.future.done(), worker.killed]).toEqual([false, false, false])
  })

  test('has one timer for each worker, whatever it has, which does not hold the program', async () => {
    const { pool, worker } = await ready(1)
    pool.call('a', { timeout: 1_500 })
    const quick = pool.call('b', { timeout: 400 }) // behind it, and looked at before
    pool.call('c', { timeout: 5_000 })
    pool.call('d')
    expect(clock.timers.filter((ms) => ms === 1_500 || ms === 400 || ms === 5_000)).toEqual([400])
    expect(clock.held).toBe(0)
    worker.run('a')
    await pool.flushed()
    const failed = outcome(quick)
    worker.start('b')
    await clock.pass(400)
    expect(await failed).toMatchObject({ timeout: 400 })
  })

  test('does not pass for an outcome that is there, however late this thread reads it', async () => {
    const { pool, worker } = await ready()
    const call = pool.call('a', { timeout: 100 })
    worker.start('a')
    worker.publish(worker.sequences.at(-1) as number, 'a')
    await clock.block(1_000)
    expect(await outcome(call)).toBe('a!')
    expect(worker.killed).toBe(false)
  })

  test('nor for one that the event loop brings in the turn after', async () => {
    const { pool, worker } = await ready()
    const call = pool.call('a', { timeout: 100 })
    worker.start('a')
    setImmediate(() => worker.finish('a'))
    await clock.block(1_000)
    expect(await outcome(call)).toBe('a!')
  })

  test('of a call whose successor has started is past: its outcome is on the way', async () => {
    const { pool, worker } = await ready()
    const [done, running] = [pool.call('done', { timeout: 100 }), pool.call('running', { timeout: 200 })]
    await pool.flushed()
    worker.start('done')
    worker.start('running')
    await clock.pass(150)
    expect([done.future.done(), worker.killed]).toEqual([false, false])
    const failed = outcome(running)
    await clock.pass(50)
    expect(await failed).toMatchObject({ timeout: 200 })
    void outcome(done)
  })

  test('passes for a body beside others, where a worker runs several: those are failed with it or run elsewhere', async () => {
    const { pool, worker } = await ready(0.01, { concurrency: 2 })
    const [slow, other] = [pool.call('slow', { timeout: 100 }), pool.call('other', { timeout: 100 })]
    const waiting = pool.call('waiting', { timeout: 100 })
    await pool.flushed()
    worker.start('slow')
    await clock.pass(1)
    worker.start('other')
    const failed = [outcome(slow), outcome(other)]
    await clock.pass(99)
    expect(await failed[0]).toBeInstanceOf(TimeoutError)
    expect([worker.killed, other.future.done()]).toEqual([true, false])
    worker.exit({ exitCode: null, signal: 'SIGTERM' })
    expect(await failed[1]).toMatchObject({ code: 'ERR_PEBBLE_PROCESS_EXPIRED' })
    await clock.pass(500)
    expect(pool.worker(1).names).toEqual(['waiting'])
    expect(waiting.future.done()).toBe(false)
  })

  test('makes the method one that takes long: no more of it are sent ahead', async () => {
    const { pool, worker } = await ready()
    const failed = outcome(pool.call('slow', { timeout: 100 }))
    worker.start('slow')
    await clock.pass(100)
    await failed
    expect(pool.method.expectedDuration).toBe(100)
    pool.calls('a', 'b')
    pool.worker(1).serve()
    await pool.flushed()
    expect(pool.worker(1).names).toEqual(['a'])
  })

  test('may be longer than a timer can be', async () => {
    const { pool, worker } = await ready()
    const call = pool.call('a', { timeout: LONGEST + 1_000 })
    worker.start('a')
    expect(clock.timers).toContain(LONGEST)
    await clock.block(LONGEST)
    expect(call.future.done()).toBe(false)
    const failed = outcome(call)
    await clock.pass(1_000)
    expect(await failed).toBeInstanceOf(TimeoutError)
  })

  test('is forgotten with its worker', async () => {
    const { pool, worker } = await ready()
    const call = outcome(pool.call('a', { timeout: 12_345 }))
    worker.start('a')
    expect(clock.timers).toContain(12_345)
    worker.exit()
    await call
    expect(clock.timers).not.toContain(12_345)
  })
})

describe('`queueTimeout`', () => {
  const MESSAGE = '`job` of jobs.ts did not start within 100 ms (limit `queueTimeout: 100`).'

  test('passes for a call in the queue, and for one in the pipe, whose worker lives', async () => {
    const { pool, worker } = await ready(0.01)
    const running = pool.call('running', { queueTimeout: 100 })
    worker.start('running')
    await clock.pass(50)
    const [piped, next] = [pool.call('piped', { queueTimeout: 100 }), pool.call('next')]
    expect(clock.timers.filter((ms) => ms === 50 || ms === 100)).toEqual([50, 100])
    const failed = outcome(piped)
    await clock.pass(99)
    expect(piped.future.done()).toBe(false)
    await clock.pass(1)
    expect(await failed).toMatchObject({ message: MESSAGE, timeout: 100, code: 'ERR_PEBBLE_TIMEOUT' })
    expect([running.future.done(), worker.killed]).toEqual([false, false])
    worker.finish('running')
    await pool.flushed()
    if (worker.names.includes('piped')) worker.run('piped')
    await pool.flushed()
    worker.run('next')
    expect(await Promise.all([running, next].map(outcome))).toEqual(['running!', 'next!'])
  })

  test('leaves no call behind in the queue', async () => {
    const { pool, worker } = await ready(100)
    const [running, waiting, next] = [pool.call('running'), pool.call('waiting', { queueTimeout: 100 }), pool.call('next')] // prettier-ignore
    const failed = outcome(waiting)
    await clock.pass(100)
    expect(await failed).toMatchObject({ message: MESSAGE })
    for (const call of [running, next]) {
      worker.run(call === running ? 'running' : 'next', 100)
      expect(await outcome(call)).not.toBeInstanceOf(Error)
    }
    expect(worker.names).toEqual(['first', 'running', 'next'])
  })

  test('has no timer any more once the call is settled', async () => {
    const { pool, worker } = await ready(100)
    const calls = [pool.call('a', { queueTimeout: 12_345 }), pool.call('b', { queueTimeout: 12_345 })]
    expect(clock.timers.filter((ms) => ms === 12_345)).toHaveLength(2)
    calls[1]?.cancel()
    worker.run('a')
    expect(clock.timers).not.toContain(12_345)
    await Promise.all(calls.map(outcome))
    pool.call('c', { queueTimeout: Infinity })
    expect(Math.max(0, ...clock.timers)).toBeLessThan(12_345)
  })

  test('stops a worker that imports the call’s module: that may never end', async () => {
    const { pool, worker } = await ready()
    const failed = outcome(pool.call('a', { queueTimeout: 100 }))
    const behind = pool.call('b')
    await pool.flushed()
    worker.load('a')
    await clock.pass(100)
    expect(await failed).toBeInstanceOf(TimeoutError)
    expect(worker.killed).toBe(true)
    await pool.flushed()
    expect([pool.worker(1).names, behind.future.done()]).toEqual([['b'], false])
  })
})

describe('a worker that is slow', () => {
  test('to wake keeps the call that it comes to next, and comes to it: those behind it are taken back', async () => {
    const { pool, worker } = await ready()
    const calls = pool.calls('a', 'b', 'c')
    await pool.flushed()
    await clock.pass(50)
    worker.run('a', 0.01)
    expect(await outcome(calls[0])).toBe('a!')
    for (const name of ['b', 'c']) worker.run(name) // passes them: they were taken back
    await pool.flushed()
    await clock.pass(50)
    worker.run('b', 0.01)
    expect(await outcome(calls[1])).toBe('b!')
    expect(worker.names).toEqual(['first', 'a', 'b', 'c', 'b', 'c'])
  })
})

describe('`grace`', () => {
  test.each([{}, { grace: 0 }])('of %p is none: the worker is stopped at once', async (limits) => {
    const { pool, worker } = await ready()
    const call = pool.call('a', limits)
    worker.start('a')
    call.cancel()
    expect([worker.killed, worker.controls]).toEqual([true, []])
    await outcome(call)
  })

  test('tells the body why, and stops the worker of one that goes on', async () => {
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

  test('stops nobody where the body has ended: neither in time nor unread', async () => {
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

  test('ends with the worker that has skipped the call though it seemed started', async () => {
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
