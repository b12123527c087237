/** Calls whose payload needs structured clone. Each is sent in a message of its own, because that may fail. */
import { CancelledError, ProcessExpired, SerializationError } from '../../src/errors'
import { DispatchedMethod, type Call } from '../../src/dispatch/call'
import { CALL_WIDTH } from '../../src/wire/call-batch'
import { MessageKind } from '../../src/wire/messages'
import { LIVE } from '../../src/wire/values'
import { FakePool, type FakeWorker } from './fake-pool'
import { FakeClock } from '../support/clock'
import { outcome } from '../support/outcome'

/** The names of the calls in each message to the worker, and its transfer list. */
const messages = (worker: FakeWorker): unknown[] =>
  worker.sent.flatMap(({ message, transfer }) => {
    if (!Array.isArray(message) || message.length === 1) return []
    const names = message.filter((_field, at) => (at - 1) % CALL_WIDTH === 5).map((args) => (args as unknown[])[0])
    return [[names, transfer]]
  })

/** Makes the runtime refuse to clone the call with that name. */
function refuse(worker: FakeWorker, name: string, reason: unknown = new Error(`${name} could not be cloned.`)): void {
  worker.clone = (message) => {
    if (JSON.stringify(message).includes(`["${name}"]`)) throw reason
  }
}

test('calls that need structured clone are sent one by one, in their order, with their transfer lists', async () => {
  const pool = new FakePool({ maxWorkers: 1, concurrency: 4 })
  const worker = await pool.learned(0.01)
  const port = {}
  pool.calls('a', 'b')
  pool.live('moved', [port])
  pool.call('c')
  await pool.flushed()
  expect(messages(worker).slice(1)).toEqual([
    [['a'], undefined],
    [['b'], undefined],
    [['moved'], [port]],
    [['c'], undefined],
  ])
})

test('a call that cannot be cloned fails alone', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  pool.call('running')
  const worker = pool.worker(0).serve()
  worker.run('running', 0.01)
  refuse(worker, 'bad')
  const [a, failed, b] = [pool.call('a'), outcome(pool.live('bad')), pool.live('b')]
  await pool.flushed()
  const error = (await failed) as SerializationError
  expect(error).toBeInstanceOf(SerializationError)
  expect(error).toMatchObject({ path: 'args', message: 'Cannot send `args` of `job` of jobs.ts to a worker: bad could not be cloned.' }) // prettier-ignore
  expect((error.cause as Error).message).toBe('bad could not be cloned.')
  for (const name of ['a', 'b']) worker.run(name)
  expect(await Promise.all([a, b].map(outcome))).toEqual(['a!', 'b!'])
})

test('a first call of a method defines the method for the worker even if the call cannot be cloned', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  const worker = await pool.learned(0.01)
  refuse(worker, 'bad', 'a text')
  const method = new DispatchedMethod({ ...pool.method.definition, index: 7 })
  const failed = outcome(pool.call('bad', {}, { payload: { method, flags: LIVE } }))
  const next = pool.call('next', {}, { payload: { method } })
  await pool.flushed()
  expect(await failed).toMatchObject({ message: 'Cannot send `args` of `job` of jobs.ts to a worker: a text' })
  const told = worker.sent.flatMap(({ message }) => (Array.isArray(message) && message[0] !== 0 ? message[0] : []))
  expect(told).toMatchObject([{ index: 0 }, { index: 7 }])
  worker.run('next')
  expect(await outcome(next)).toBe('next!')
})

test('a call that is cancelled before its batch is sent is left out, and its slot is free again', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  const worker = await pool.learned(0.01)
  const [a, live, b] = [pool.call('a'), pool.live('live'), pool.call('b')]
  const cancelled = outcome(live)
  expect(live.cancel()).toBe(true)
  await pool.flushed()
  expect(messages(worker).slice(1).flat(2)).not.toContain('live')
  for (const name of ['a', 'b']) worker.run(name)
  expect(await Promise.all([a, b].map(outcome))).toEqual(['a!', 'b!'])
  expect(await cancelled).toMatchObject({ code: 'ERR_PEBBLE_CANCELLED' })
  expect(pool.dispatcher.workers.assignable.map(({ inFlight }) => inFlight)).toEqual([0])
})

test('a worker whose only call cannot be cloned is idle: it does not keep the program alive, and takes the next call', async () => {
  const clock = new FakeClock()
  const pool = new FakePool({ maxWorkers: 1, maxTasks: 2, idleTimeout: 1_000 })
  const worker = await pool.learned(0.01)
  await clock.pass(10) // until `unref()`
  refuse(worker, 'bad')
  const failed = outcome(pool.live('bad'))
  expect(await failed).toBeInstanceOf(SerializationError)
  expect(worker.isRef).toBe(true)
  await clock.pass(10)
  expect(worker.isRef).toBe(false)
  pool.call('next') // a call that was not sent does not count for `maxTasks`
  worker.run('next')
  expect(worker.controls).toEqual([{ type: 'stop' }])
})

test('a batch behind one that needed structured clone is one message again', async () => {
  const pool = new FakePool({ maxWorkers: 1, concurrency: 8 })
  const worker = await pool.learned(0.01)
  pool.call('first of all')
  pool.live('live')
  await pool.flushed()
  worker.sent.length = 0
  pool.calls('a', 'b')
  await pool.flushed()
  expect(messages(worker)).toEqual([[['a', 'b'], undefined]])
})

test('a call that cannot be cloned does not stop a retiring worker that runs another', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  const worker = await pool.learned(0.01)
  refuse(worker, 'bad')
  const running = pool.call('running')
  const failed = outcome(pool.live('bad'))
  worker.start('running')
  pool.dispatcher.workers.retireAll()
  expect(await failed).toBeInstanceOf(SerializationError)
  expect(worker.controls).toEqual([])
  worker.finish('running')
  expect(worker.controls).toEqual([{ type: 'stop' }])
  expect(await outcome(running)).toBe('running!')
})

describe('a call with a transfer list', () => {
  /** A worker that runs one of two bodies, and has received `moved`, which has not started. */
  async function withMoved(): Promise<{ pool: FakePool; worker: FakeWorker; slow: Call; moved: Call }> {
    const pool = new FakePool({ maxWorkers: 1, concurrency: 2 })
    const worker = await pool.learned(0.01)
    const slow = pool.call('slow')
    worker.start('slow')
    const moved = pool.live('moved', [{}])
    await pool.flushed()
    expect(worker.names).toEqual(['first', 'slow', 'moved'])
    return { pool, worker, slow, moved }
  }

  test('is sent to an idle worker only', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.01)
    pool.call('a')
    const calls = [pool.live('moved', [{}]), pool.live('cloned')]
    await pool.flushed()
    expect(worker.names).toEqual(['first', 'a'])
    worker.run('a')
    await pool.flushed()
    expect(worker.names).toEqual(['first', 'a', 'moved', 'cloned'])
    for (const name of ['moved', 'cloned']) worker.run(name)
    expect(await Promise.all(calls.map(outcome))).toEqual(['moved!', 'cloned!'])
  })

  test('stays with a worker that is stalled or over its memory limit', async () => {
    const clock = new FakeClock()
    const { pool, worker, slow, moved } = await withMoved()
    await clock.pass(100)
    worker.message({ kind: MessageKind.OverMemory, sequence: 0, duration: 0, flags: 0, data: undefined })
    worker.run('moved')
    worker.finish('slow')
    expect(await Promise.all([slow, moved].map(outcome))).toEqual(['slow!', 'moved!'])
    expect(pool.workers.flatMap(({ names }) => names)).toEqual(['first', 'slow', 'moved'])
  })

  test('fails with its worker even if it has not started; a cloned call runs in another worker', async () => {
    const { pool, worker, slow, moved } = await withMoved()
    const cloned = pool.live('cloned')
    await pool.flushed()
    const ends = Promise.all([slow, moved].map(outcome))
    worker.exit({ exitCode: 3 })
    const [ran, lost] = (await ends) as [Error, Error]
    expect([ran, lost]).toEqual([expect.any(ProcessExpired), expect.any(ProcessExpired)])
    expect(ran.message).toBe('Worker process 100 exited with code 3 while it ran `job` of jobs.ts.')
    expect(lost.message).toBe('Worker process 100 exited with code 3 before it ran `job` of jobs.ts; the objects that were transferred to it are lost.') // prettier-ignore
    pool.worker(1).serve().run('cloned')
    expect([await outcome(cloned), pool.worker(1).names]).toEqual(['cloned!', ['cloned']])
  })

  test('fails as any other call does once it has started', async () => {
    const { worker, slow, moved } = await withMoved()
    worker.start('moved')
    const ends = Promise.all([slow, moved].map(outcome))
    worker.exit({ exitCode: 3 })
    const message = 'Worker process 100 exited with code 3 while it ran `job` of jobs.ts.'
    expect(await ends).toMatchObject([{ message }, { message }])
  })

  test('is dropped if the pool is stopped before it starts', async () => {
    const { pool, worker, slow, moved } = await withMoved()
    const dropped = outcome(moved)
    pool.dispatcher.stop(false)
    expect(worker.start('moved')).toBe(false)
    expect(await dropped).toBeInstanceOf(CancelledError)
    worker.finish('slow')
    expect(await outcome(slow)).toBe('slow!')
  })
})
