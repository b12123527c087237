/** Workers that do not start because the machine lacks something, with a fake clock. */
import { PoolError, TimeoutError } from '../../src/errors'
import type { Call } from '../../src/dispatch/call'
import { FakeClock } from '../support/clock'
import { outcome } from '../support/outcome'
import { FakePool } from './fake-pool'

let clock: FakeClock
beforeEach(() => (clock = new FakeClock()))

/** The exit of a worker that could not be started because the machine lacks something. */
const lacking = (code = 'EMFILE') => ({ exitCode: null, error: Object.assign(new Error(`spawn ${code}`), { code }) })

describe('during a shortage', () => {
  test.each(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'ENOSPC', 'ERR_WORKER_INIT_FAILED'])(
    'a call waits, and runs once a worker starts (%s)',
    async (code) => {
      const pool = new FakePool({ maxWorkers: 1 })
      const call = pool.call('a')
      for (let n = 0; n < 6; n++) {
        pool.worker(n).exit(lacking(code))
        await clock.pass(1_000)
      }
      expect(pool.dispatcher.broken).toBe(false)
      pool.worker(6).serve().run('a')
      expect(await outcome(call)).toBe('a!')
    },
  )

  test('the error code may be that of the cause', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const call = pool.call('a')
    for (let n = 0; n < 4; n++) {
      pool.worker(n).exit({ exitCode: 1, error: new Error('not started', { cause: lacking().error }) })
      await clock.pass(1_000)
    }
    pool.worker(4).serve().run('a')
    expect(await outcome(call)).toBe('a!')
  })

  test('the pause before each attempt is twice as long as the last one, up to a second', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    pool.call('a')
    for (const pause of [100, 200, 400, 800, 1_000, 1_000]) {
      const attempts = pool.workers.length
      pool.worker(attempts - 1).exit(lacking())
      await clock.pass(pause - 1)
      expect(pool.workers).toHaveLength(attempts)
      await clock.pass(2)
      expect(pool.workers).toHaveLength(attempts + 1)
    }
  })

  test('workers that were started together count as one attempt', async () => {
    const pool = new FakePool({ maxWorkers: 3 })
    pool.calls('a', 'b', 'c')
    expect(pool.workers).toHaveLength(3)
    for (const worker of [...pool.workers]) worker.exit(lacking())
    await clock.pass(101)
    expect(pool.workers).toHaveLength(6)
  })

  test('a start that succeeds resets the pause', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const call = pool.call('a')
    for (let n = 0; n < 4; n++) {
      pool.worker(n).exit(lacking())
      await clock.pass(1_000)
    }
    pool.worker(4).serve().run('a')
    await call.future
    pool.worker(4).exit()
    pool.call('b')
    pool.worker(5).exit(lacking())
    await clock.pass(101)
    expect(pool.workers).toHaveLength(7)
  })

  test('a waiting call can be cancelled, and its queueTimeout passes', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const [cancelled, timedOut] = [pool.call('a'), pool.call('b', { queueTimeout: 50 })]
    const outcomes = [cancelled, timedOut].map(outcome)
    pool.worker(0).exit(lacking())
    expect(cancelled.future.cancel()).toBe(true)
    await clock.pass(50)
    expect(await outcomes[1]).toBeInstanceOf(TimeoutError)
    expect(pool.dispatcher.ledger.pending).toBe(0)
    await clock.pass(1_000)
    expect(pool.workers).toHaveLength(1) // no call needs another
  })

  test('waiting calls fail with the cause after 30 s, and later calls try again', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const [first, ...rest] = pool.calls('a', 'b')
    const outcomes = [first as Call, ...rest].map(outcome)
    const began = performance.now()
    let seconds = 0
    for (; !first?.future.done() && seconds < 60; seconds++) {
      pool.workers.at(-1)?.exit(lacking())
      await clock.pass(1_000)
    }
    expect(seconds).toBeGreaterThanOrEqual(30)
    expect(seconds).toBeLessThan(33)
    expect(performance.now() - began).toBeLessThan(30_000) // the clock is a fake one
    for (const error of await Promise.all(outcomes)) {
      expect(error).toBeInstanceOf(PoolError)
      expect(error).toMatchObject({ cause: { cause: { code: 'EMFILE' } } })
    }
    expect(pool.dispatcher.broken).toBe(false)
    const later = pool.call('later')
    pool.workers.at(-1)?.exit(lacking())
    await clock.pass(101)
    pool.workers.at(-1)?.serve().run('later')
    expect(await outcome(later)).toBe('later!')
  })

  test('calls wait for workers that are ready, however long that takes', async () => {
    const pool = new FakePool({ maxWorkers: 2 })
    const worker = await pool.learned(1_000)
    const [running, waiting] = pool.calls('running', 'waiting') as [Call, Call]
    worker.start('running')
    for (let seconds = 0; seconds < 60; seconds++) {
      pool.workers.at(-1)?.exit(lacking())
      await clock.pass(1_000)
    }
    expect([running.future.done(), waiting.future.done()]).toEqual([false, false])
    pool.workers.at(-1)?.exit(lacking())
    worker.finish('running')
    worker.run('waiting')
    expect(await outcome(waiting)).toBe('waiting!')
  })

  test('a pool that ends leaves no timer behind', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const call = pool.call('a')
    pool.worker(0).exit(lacking())
    expect(clock.held).toBe(1)
    const dropped = outcome(call)
    pool.dispatcher.stop(false)
    await pool.dispatcher.end()
    await dropped
    expect(clock.held).toBe(0)
  })
})

test('a failed start that is no shortage breaks the pool at the third worker', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  const failed = outcome(pool.call('a'))
  for (let n = 0; n < 3; n++) pool.worker(n).exit({ exitCode: null, error: Object.assign(new Error('no program'), { code: 'ENOENT' }) }) // prettier-ignore
  expect(await failed).toBeInstanceOf(PoolError)
  expect(pool.dispatcher.broken).toBe(true)
})
