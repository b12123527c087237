/** Limits, with a fake clock. */
import { TimeoutError } from '../../src/errors'
import { readyPool } from './fake-pool'
import { FakeClock } from '../support/clock'
import { outcome } from '../support/outcome'

const LONGEST = 2 ** 31 - 1

let clock: FakeClock
beforeEach(() => (clock = new FakeClock()))

const ready = (duration?: number, options = {}) => readyPool(clock, duration, options)

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

  test('does not count the wait in the backlog, nor the import of the module', async () => {
    const { pool, worker } = await ready()
    const [sent, loading] = [pool.call('sent', { timeout: 100 }), pool.call('loading', { timeout: 100 })]
    worker.load('sent')
    await clock.pass(500)
    expect([sent.future.done(), loading.future.done(), worker.killed]).toEqual([false, false, false])
  })

  test('needs one timer per worker, which does not keep the program alive', async () => {
    const { pool, worker } = await ready(1)
    pool.call('a', { timeout: 1_500 })
    const quick = pool.call('b', { timeout: 400 }) // behind it, and checked before it
    pool.call('c', { timeout: 5_000 })
    pool.call('d')
    const near = [1_200, 100, 4_700] // when a replacement starts
    expect(clock.timers.filter((ms) => near.includes(ms))).toEqual([100])
    expect(clock.held).toBe(0)
    worker.run('a')
    await pool.flushed()
    const failed = outcome(quick)
    worker.start('b')
    await clock.pass(400)
    expect(await failed).toMatchObject({ timeout: 400 })
  })

  test('does not pass if the outcome has arrived, however late this thread reads it', async () => {
    const { pool, worker } = await ready()
    const call = pool.call('a', { timeout: 100 })
    worker.start('a')
    worker.publish(worker.sequences.at(-1) as number, 'a')
    await clock.block(1_000)
    expect(await outcome(call)).toBe('a!')
    expect(worker.killed).toBe(false)
  })

  test('does not pass if the event loop brings the outcome in the next turn', async () => {
    const { pool, worker } = await ready()
    const call = pool.call('a', { timeout: 100 })
    worker.start('a')
    setImmediate(() => worker.finish('a'))
    await clock.block(1_000)
    expect(await outcome(call)).toBe('a!')
  })

  test('does not pass for a call whose successor has started: its body has ended', async () => {
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

  test('passes for one of several bodies in a worker: the other started calls fail with the worker, the rest runs elsewhere', async () => {
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

  test('that has passed makes the dispatcher send calls of the method one at a time', async () => {
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

  test('may be longer than the longest timer of Node.js', async () => {
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

  test.each([
    [1_000, 700],
    [100, 25],
  ])('of %d ms starts a replacement after %d ms, if the body still runs', async (timeout, near) => {
    const { pool, worker } = await ready(1)
    const [slow, started] = [pool.call('a', { timeout }), pool.workers.length]
    worker.start('a')
    await clock.pass(near - 1)
    expect(pool.workers).toHaveLength(started)
    await clock.pass(2)
    expect(pool.workers).toHaveLength(started + 1)
    const failed = outcome(slow)
    await clock.pass(timeout - near)
    expect(await failed).toMatchObject({ timeout })
  })

  test.each([
    ['still starts: the next one is not started beside it', false, 1],
    ['is ready: the next one is started at once', true, 2],
  ])('passes when the replacement %s', async (_what, isReady, after) => {
    const { pool, worker } = await ready(1)
    const [slow, started] = [pool.call('a', { timeout: 100 }), pool.workers.length]
    worker.start('a')
    const failed = outcome(slow)
    void outcome(pool.call('next'))
    await clock.pass(26)
    if (isReady) pool.workers.at(-1)?.serve()
    await clock.pass(75)
    expect(await failed).toMatchObject({ timeout: 100 })
    worker.exit({ signal: 'SIGKILL' })
    await clock.pass(50)
    expect(pool.workers).toHaveLength(started + after)
    await clock.pass(50)
    expect(pool.workers).toHaveLength(started + 2)
  })

  test('is checked when a replacement must start and when it passes, however late the body starts', async () => {
    const { pool, worker } = await ready(1)
    const [slow, started] = [pool.call('a', { timeout: 1_000 }), pool.workers.length]
    const checks = jest.spyOn(worker.slots, 'worked')
    await clock.pass(50)
    worker.start('a')
    await clock.pass(699) // 49 ms after the first check
    expect(pool.workers).toHaveLength(started)
    await clock.pass(2)
    expect(pool.workers).toHaveLength(started + 1)
    const failed = outcome(slow)
    await clock.pass(300)
    expect(await failed).toMatchObject({ timeout: 1_000 })
    expect(checks.mock.calls.length).toBeLessThanOrEqual(5)
  })

  test('passes beside a body without a limit', async () => {
    const { pool, worker } = await ready(1, { concurrency: 2 })
    const [endless, limited] = [pool.call('endless'), pool.call('limited', { timeout: 100 })]
    await pool.flushed()
    for (const name of ['endless', 'limited']) worker.start(name)
    const ends = [endless, limited].map(outcome)
    await clock.pass(99)
    expect(limited.future.done()).toBe(false)
    await clock.pass(1)
    expect(await ends[1]).toMatchObject({ timeout: 100 })
    worker.exit()
    await ends[0]
  })

  test('no longer counts for a call that is settled, though its body still runs', async () => {
    const { pool, worker } = await ready(1)
    const [call, started] = [pool.call('a', { timeout: 100, grace: 10_000 }), pool.workers.length]
    worker.start('a')
    call.cancel()
    const { expectedDuration } = pool.method
    await clock.pass(500)
    expect([pool.workers.length, pool.method.expectedDuration]).toEqual([started, expectedDuration])
    await outcome(call)
  })

  test('starts no replacement for a body that has ended, or has not started', async () => {
    const { pool, worker } = await ready(1)
    const started = pool.workers.length
    pool.call('a', { timeout: 1_000 })
    worker.run('a')
    pool.call('b', { timeout: 1_000 })
    await clock.pass(999)
    expect(pool.workers).toHaveLength(started)
  })

  test('has no timer any more once its worker has exited', async () => {
    const { pool, worker } = await ready()
    const call = outcome(pool.call('a', { timeout: 12_345 }))
    worker.start('a')
    expect(clock.timers).toContain(12_045)
    worker.exit()
    await call
    expect(clock.timers).not.toContain(12_045)
  })
})

describe('`queueTimeout`', () => {
  const MESSAGE = '`job` of jobs.ts did not start within 100 ms (limit `queueTimeout: 100`).'

  test('passes for a call in the queue, and for one in the backlog, whose worker goes on', async () => {
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

  test('that has passed for a call in the backlog leaves the queue alone', async () => {
    const { pool, worker } = await ready(1)
    const [running, piped, queued] = [pool.call('running'), pool.call('piped', { queueTimeout: 2 }), pool.call('queued')] // prettier-ignore
    await pool.flushed()
    worker.start('running')
    expect(worker.names).toEqual(['first', 'running', 'piped'])
    const failed = outcome(piped)
    await clock.pass(2)
    expect(await failed).toMatchObject({ timeout: 2 })
    worker.finish('running')
    worker.run('piped') // skipped
    await pool.flushed()
    worker.run('queued')
    expect(await Promise.all([running, queued].map(outcome))).toEqual(['running!', 'queued!'])
  })

  test('that has passed removes the call from the queue', async () => {
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
    expect(clock.timers).not.toContain(12_045)
    await Promise.all(calls.map(outcome))
    pool.call('c', { queueTimeout: Infinity })
    expect(Math.max(0, ...clock.timers)).toBeLessThan(12_345)
  })

  test('stops a worker that imports the module of the call, because the import may never end', async () => {
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
