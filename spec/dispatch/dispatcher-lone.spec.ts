/** A lone call goes to an idle worker without the queue. A call that needs more goes the usual way, and nothing is lost. */
import { PoolError, TimeoutError } from '../../src/errors'
import { isLoneCall, type CallBatch } from '../../src/wire/call-batch'
import { MessageKind } from '../../src/wire/messages'
import { FakeClock } from '../support/clock'
import { outcome } from '../support/outcome'
import { readyPool, type FakePool, type FakeWorker } from './fake-pool'

let clock: FakeClock
beforeEach(() => (clock = new FakeClock()))

const batches = (worker: FakeWorker): CallBatch[] =>
  worker.sent.map(({ message }) => message).filter((message): message is CallBatch => Array.isArray(message))

/** A pool whose last call was a moment ago: its checks run. */
async function series(options = {}): Promise<{ pool: FakePool; worker: FakeWorker }> {
  const { pool, worker } = await readyPool(clock, 0.01, options)
  const call = pool.call('second')
  worker.run('second', 0.01)
  await call.future
  return { pool, worker }
}

describe('a lone call', () => {
  test('is sent at once, by itself, and starts no timer', async () => {
    const { pool, worker } = await series()
    const { timers } = clock
    const call = pool.call('third')
    expect(worker.names).toEqual(['first', 'second', 'third'])
    expect(isLoneCall(batches(worker).at(-1) as CallBatch)).toBe(true)
    expect(clock.timers).toEqual(timers)
    worker.run('third')
    expect(await outcome(call)).toBe('third!')
    expect(pool.dispatcher.ledger).toMatchObject({ pending: 0, settled: 3 })
  })

  test('is sent by itself, if another call follows in the same turn', async () => {
    const { pool, worker } = await series({ concurrency: 1 })
    const calls = pool.calls('a', 'b')
    expect(batches(worker).slice(2).map(isLoneCall)).toEqual([true])
    await pool.flushed()
    for (const name of ['a', 'b']) worker.run(name)
    expect(await Promise.all(calls.map(outcome))).toEqual(['a!', 'b!'])
  })

  test('that waits too long, or runs too long, fails', async () => {
    const { pool, worker } = await series()
    const dropped = outcome(pool.call('waiting', { queueTimeout: 5 }))
    await clock.pass(5)
    expect(await dropped).toBeInstanceOf(TimeoutError)
    worker.run('waiting')
    const stopped = outcome(pool.call('running', { timeout: 5 }))
    worker.start('running')
    await clock.pass(6)
    expect(await stopped).toBeInstanceOf(TimeoutError)
    expect(worker.killed).toBe(true)
  })

  test('that its worker never starts is moved to another one', async () => {
    const { pool, worker } = await series()
    const call = pool.call('third')
    await clock.pass(3_000)
    expect(worker.killed).toBe(true)
    pool.worker(1).serve().run('third')
    expect(await outcome(call)).toBe('third!')
  })

  test('counts for `maxTasks`: the worker is replaced', async () => {
    const { pool, worker } = await series({ maxTasks: 3 })
    const call = pool.call('third')
    worker.run('third')
    await call.future
    expect(worker.controls).toEqual([{ type: 'stop' }])
  })

  test('gets no worker that uses too much memory', async () => {
    const { pool, worker } = await series({ maxWorkers: 2 })
    const running = pool.call('running')
    worker.start('running')
    worker.message({ kind: MessageKind.OverMemory, sequence: 0, duration: 0, flags: 0, data: undefined })
    worker.finish('running')
    await running.future
    pool.call('third')
    expect(worker.names).not.toContain('third')
  })

  test('is not sent if the pool is broken or stopped', async () => {
    const { pool, worker } = await series()
    worker.message({ kind: MessageKind.Broken, sequence: 0, duration: 0, flags: 0, data: 'why' })
    expect(await outcome(pool.call('third'))).toBeInstanceOf(PoolError)
    const other = await series()
    other.pool.dispatcher.stop(true)
    expect(await outcome(other.pool.call('third'))).toMatchObject({ name: 'AbortError' })
    expect([worker.names, other.worker.names]).toEqual([
      ['first', 'second'],
      ['first', 'second'],
    ])
  })

  test('whose payload cannot be cloned fails, and the next one is sent', async () => {
    const { pool, worker } = await series()
    worker.clone = () => {
      throw new Error('not cloneable')
    }
    expect(await outcome(pool.live('third'))).toMatchObject({ name: 'SerializationError' })
    worker.clone = () => undefined
    const call = pool.call('fourth')
    worker.run('fourth')
    expect(await outcome(call)).toBe('fourth!')
  })
})
