import { CancelledError, PoolError, ProcessExpired } from '../../src/errors'
import type { Call } from '../../src/dispatch/call'
import { MessageKind } from '../../src/wire/messages'
import { outcome } from '../support/outcome'
import { until } from '../support/until'
import { FakePool } from './fake-pool'

describe('the dispatcher', () => {
  test('starts a worker for the first call, and more while it is busy, up to `maxWorkers`', async () => {
    const pool = new FakePool()
    expect(pool.workers).toHaveLength(0)
    pool.calls('a', 'b', 'c', 'd')
    await pool.flushed()
    expect(pool.workers.map(({ names }) => names)).toEqual([['a'], ['b']])
    expect(pool.dispatcher.ledger.pending).toBe(4)
  })

  test('sends calls one at a time while it does not know how long they take', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const calls = pool.calls('a', 'b')
    const worker = pool.worker(0).serve()
    await pool.flushed()
    expect(worker.names).toEqual(['a'])
    worker.run('a')
    await pool.flushed()
    expect(worker.names).toEqual(['a', 'b'])
    worker.run('b')
    expect(await Promise.all(calls.map(outcome))).toEqual(['a!', 'b!'])
  })

  test('fills the backlog with short calls', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.01)
    pool.calls(...Array.from({ length: 300 }, (_, n) => n))
    await pool.flushed()
    expect(worker.names.length).toBeGreaterThan(50)
    expect(worker.names.length).toBeLessThan(200)
    expect(pool.dispatcher.ledger.pending).toBe(300)
  })

  test('sends long calls one at a time, to an idle worker', async () => {
    const pool = new FakePool()
    const worker = await pool.learned(100)
    pool.calls('a', 'b', 'c')
    pool.worker(1).serve()
    await pool.flushed()
    expect([worker.names, pool.worker(1).names]).toEqual([['first', 'a'], ['b']])
    pool.worker(1).run('b', 100)
    await pool.flushed()
    expect(pool.worker(1).names).toEqual(['b', 'c'])
  })

  test('sends calls of a higher priority first, and those of the same priority in order', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    pool.call('first')
    for (const [name, priority] of [['low', -1], ['a', 0], ['high', 5], ['b', 0]] as const) pool.call(name, { priority }) // prettier-ignore
    const worker = pool.worker(0).serve()
    for (const name of ['first', 'high', 'a', 'b', 'low']) {
      await pool.flushed()
      worker.run(name, 100)
    }
    expect(worker.names).toEqual(['first', 'high', 'a', 'b', 'low'])
  })

  test('keeps the order of revoked calls, even if the worker skips some that it seemed to have started', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.01)
    pool.calls('a', 'b', 'c', 'd')
    await pool.flushed()
    worker.start('a')
    let asked: readonly number[] | undefined
    jest.spyOn(worker.slots, 'revokeAll').mockImplementation((sequences) => {
      asked ??= [...sequences]
      return sequences.filter((sequence) => sequence >= (worker.sequences[3] as number)) // c and d
    })
    await until(() => asked !== undefined, 'the calls behind a stalled one to be revoked')
    expect(asked).toEqual(worker.sequences.slice(2).reverse()) // the last first
    worker.finish('a')
    worker.finish('b', 0, MessageKind.Revoked)
    await pool.flushed()
    expect(worker.names.slice(5)).toEqual(['b', 'c', 'd'])
  })

  test('sends a worker as many calls at once as `concurrency` allows', async () => {
    const pool = new FakePool({ maxWorkers: 1, concurrency: 3 })
    pool.calls('a', 'b', 'c', 'd')
    await pool.flushed()
    expect(pool.worker(0).names).toEqual(['a', 'b', 'c'])
  })
})

describe('a worker that dies', () => {
  test('fails the call that had started; the others run elsewhere, in their order', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.01)
    const calls = pool.calls('a', 'b', 'c')
    await pool.flushed()
    worker.start('a')
    worker.exit({ exitCode: null, signal: 'SIGKILL' })
    const error = (await outcome(calls[0])) as ProcessExpired
    expect(error).toBeInstanceOf(ProcessExpired)
    expect(error).toMatchObject({ exitCode: null, signal: 'SIGKILL', pid: worker.id })
    await pool.flushed()
    const next = pool.worker(1).serve()
    await pool.flushed()
    next.run(next.names[0])
    await pool.flushed()
    expect(next.names).toEqual(['b', 'c'])
    next.run('c')
    expect(await Promise.all(calls.slice(1).map(outcome))).toEqual(['b!', 'c!'])
  })

  test('after it has sent the outcome does not fail the call', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const call = pool.call('a')
    pool.worker(0).serve().run('a')
    pool.worker(0).exit({ exitCode: 7 })
    expect(await outcome(call)).toBe('a!')
  })

  test('before it is ready, three times in a row, breaks the pool: waiting and later calls get a PoolError', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const call = pool.call('a')
    for (let start = 0; start < 3; start++) {
      await pool.flushed()
      pool.worker(start).exit({ exitCode: 13 })
    }
    const error = (await outcome(call)) as PoolError
    expect(error).toBeInstanceOf(PoolError)
    expect((error.cause as Error).message).toContain('exited with code 13 before it could serve a call')
    expect(await outcome(pool.call('b'))).toBeInstanceOf(PoolError)
    expect(pool.workers).toHaveLength(3)
  })

  test('during the `grace` of a body is not killed later', async () => {
    const pool = new FakePool()
    const call = pool.call('a', { grace: 20 })
    pool.worker(0).serve().start('a')
    await pool.flushed()
    call.cancel()
    pool.worker(0).exit()
    await new Promise((resolve) => setTimeout(resolve, 60)) // longer than the grace
    expect(pool.dispatcher.workers.all()).toEqual([])
    expect(pool.worker(0).killed).toBe(false)
  })

  test('in a broken pool has no successor, and no spare is started', async () => {
    const pool = new FakePool()
    const [running, waiting] = pool.calls('a', 'b') as [Call, Call]
    pool.worker(0).serve().start('a')
    for (let start = 1; start < 4; start++) {
      await pool.flushed()
      pool.worker(start).exit({ exitCode: 13 })
    }
    expect(await outcome(waiting)).toBeInstanceOf(PoolError)
    running.cancel()
    pool.worker(0).exit({ exitCode: null, signal: 'SIGTERM' })
    await new Promise((resolve) => setTimeout(resolve, 150)) // longer than the pool waits until it starts a spare
    expect(pool.workers).toHaveLength(4)
  })

  test('while it imports the module is replaced a bounded number of times', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const call = pool.call('a')
    let starts = 0
    while (call.future.done() === false && starts < 10) {
      await pool.flushed()
      const worker = pool.worker(starts).serve()
      worker.load('a')
      worker.exit({ exitCode: 5 })
      starts += 1
    }
    expect(starts).toBe(3)
    expect(await outcome(call)).toBeInstanceOf(ProcessExpired)
    expect(pool.dispatcher.broken).toBe(false)
  })
})

describe('cancelling', () => {
  test('a queued call keeps it from every worker', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const [first, second, third] = pool.calls('a', 'b', 'c')
    expect(second?.future.cancel()).toBe(true)
    const worker = pool.worker(0).serve()
    worker.run('a')
    await pool.flushed()
    worker.run('c')
    expect(worker.names).toEqual(['a', 'c'])
    expect(await outcome(second)).toBeInstanceOf(CancelledError)
    expect([await outcome(first as never), await outcome(third as never)]).toEqual(['a!', 'c!'])
  })

  test('a call that was sent and has not started revokes it; the worker goes on', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.01)
    const [first, second] = pool.calls('a', 'b')
    await pool.flushed()
    worker.start('a')
    expect(second?.future.cancel()).toBe(true)
    expect(worker.killed).toBe(false)
    expect(worker.start('b')).toBe(false)
    worker.finish('a')
    worker.finish('b', 0, MessageKind.Revoked)
    expect(await outcome(first)).toBe('a!')
    const third = pool.call('c')
    await pool.flushed()
    worker.run('c')
    expect(await outcome(third)).toBe('c!')
  })

  test('a call that runs stops its worker; other calls run elsewhere, and a late outcome is ignored', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.01)
    const [first, second] = pool.calls('a', 'b')
    await pool.flushed()
    worker.start('a')
    expect(first?.future.cancel()).toBe(true)
    expect(worker.killed).toBe(true)
    worker.finish('a')
    expect(await outcome(first)).toBeInstanceOf(CancelledError)
    await pool.flushed()
    const next = pool.worker(1).serve()
    await pool.flushed()
    next.run('b')
    expect(await outcome(second)).toBe('b!')
    worker.exit({ exitCode: null, signal: 'SIGTERM' })
    expect(pool.dispatcher.ledger.pending).toBe(0)
  })

  test('a call whose outcome was not received yet does not stop the call behind it', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.01)
    const [done, running] = [pool.call('done', { timeout: 20 }), pool.call('running')]
    await pool.flushed()
    worker.start('done')
    worker.start('running')
    await new Promise((resolve) => setTimeout(resolve, 60)) // longer than the limit
    expect(done.future.done()).toBe(false) // it ended in time: its successor has started
    done.cancel()
    expect(worker.killed).toBe(false)
    worker.finish('running')
    expect(await outcome(running)).toBe('running!')
  })

  test('a call with `grace` tells the body to abort, and does not stop the worker if the body ends in time', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const call = pool.call('a', { grace: 60_000 })
    const worker = pool.worker(0).serve()
    worker.start('a')
    expect(call.future.cancel()).toBe(true)
    expect(worker.controls).toMatchObject([{ type: 'abort', sequence: 1 }])
    expect(worker.killed).toBe(false)
    worker.finish('a')
    const next = pool.call('b')
    await pool.flushed()
    worker.run('b')
    expect(await outcome(next)).toBe('b!')
    expect(await outcome(call)).toBeInstanceOf(CancelledError)
  })
})

describe('recycling', () => {
  test('a worker ends after `maxTasks` calls, and another takes over', async () => {
    const pool = new FakePool({ maxWorkers: 1, maxTasks: 2 })
    const calls = pool.calls('a', 'b', 'c')
    const worker = pool.worker(0).serve()
    worker.run('a')
    await pool.flushed()
    worker.run('b')
    await pool.flushed()
    expect(worker.names).toEqual(['a', 'b'])
    expect(worker.controls).toEqual([{ type: 'stop' }])
    worker.exit({ exitCode: 0 })
    await pool.flushed()
    const next = pool.workers.find(({ names }) => names.includes('c'))
    next?.serve().run('c')
    expect(await Promise.all(calls.map(outcome))).toEqual(['a!', 'b!', 'c!'])
  })

  test('a worker keeps the program alive while it has calls', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const call = pool.call('a')
    const worker = pool.worker(0).serve()
    expect(worker.isRef).toBe(true)
    worker.run('a')
    await call.future
    while (worker.isRef) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(worker.isRef).toBe(false)
  })
})
