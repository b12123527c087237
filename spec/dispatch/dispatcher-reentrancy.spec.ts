/** Done-callbacks that call the dispatcher while it is at work. */
import { CancelledError, PoolError, ProcessExpired } from '../../src/errors'
import { DispatchedMethod, type Call } from '../../src/dispatch/call'
import { MessageKind } from '../../src/wire/messages'
import { BYTES } from '../../src/wire/values'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { FakePool } from './fake-pool'
import { FakeClock } from '../support/clock'
import { outcome } from '../support/outcome'

type Three = [Call, Call, Call]

describe('a done-callback that cancels another call', () => {
  test('that was revoked from a worker which is being stopped: the call is not queued again', async () => {
    const clock = new FakeClock()
    const pool = new FakePool({ maxWorkers: 1, concurrency: 2 })
    const worker = await pool.learned(0.01)
    const [slow, quick] = [pool.call('slow', { grace: 50 }), pool.call('quick')]
    const waiting = pool.call('waiting')
    await pool.flushed()
    worker.start('slow')
    worker.start('quick')
    slow.cancel()
    quick.future.addDoneCallback(() => waiting.cancel())
    worker.publish(worker.sequences[2] as number, 'quick')
    await clock.block(50) // now the worker is killed, and its outcomes are read
    expect(worker.killed).toBe(true)
    await pool.flushed()
    expect(await outcome(quick)).toBe('quick!')
    expect(await outcome(waiting)).toBeInstanceOf(CancelledError)
    const names = pool.workers.slice(1).flatMap((other) => other.names)
    expect([names, pool.dispatcher.ledger.pending]).toEqual([[], 0])
    await outcome(slow)
  })

  test('of a stopped pool: each waiting call is cancelled once, and the queue stays intact', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const calls = pool.calls('a', 'b', 'c', 'd') as [Call, ...Three]
    const worker = pool.worker(0).serve()
    worker.start('a')
    const answers: boolean[] = []
    calls[1].future.addDoneCallback(() => answers.push(calls[3].cancel(), calls[2].cancel()))
    pool.dispatcher.stop(false)
    expect(answers).toEqual([true, true])
    expect([pool.dispatcher.ledger.pending, pool.dispatcher.ledger.settled]).toEqual([1, 3])
    for (const call of calls.slice(1)) expect(await outcome(call)).toBeInstanceOf(CancelledError)
    expect([pool.dispatcher.queue.size, [...pool.dispatcher.queue]]).toEqual([0, []])
    expect(await outcome(pool.call('late'))).toBeInstanceOf(CancelledError)
    worker.finish('a')
    expect(await outcome(calls[0])).toBe('a!')
  })

  test('of a broken pool: each call settles once', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.01)
    const [running, a, b] = pool.calls('running', 'a', 'b') as Three
    const queued = pool.call('queued', {}, { payload: { method: new DispatchedMethod(pool.method.definition) } }) // its duration is unknown
    await pool.flushed()
    expect(worker.names).toEqual(['first', 'running', 'a', 'b'])
    worker.start('running')
    const outcomes = Promise.all([running, queued, a, b].map(outcome))
    queued.future.addDoneCallback(() => running.cancel()) // stops the worker, whose other calls are requeued
    b.future.addDoneCallback(() => a.cancel())
    a.future.addDoneCallback(() => b.cancel())
    worker.message({ kind: MessageKind.Broken, sequence: 0, duration: 0, flags: 0, data: undefined })
    expect([pool.dispatcher.ledger.pending, pool.dispatcher.ledger.settled]).toEqual([0, 5])
    expect(pool.dispatcher.broken).toBe(true)
    expect((await outcomes).map((error) => (error as Error).constructor)).toEqual([CancelledError, PoolError, CancelledError, PoolError]) // prettier-ignore
  })
})

test('a done-callback of a call whose worker died: requeued calls stay with their new worker', async () => {
  const pool = new FakePool({ maxWorkers: 1, concurrency: 3 })
  const [waiting, a, b] = pool.calls('waiting', 'a', 'b') as Three
  await pool.flushed()
  const first = pool.worker(0).serve()
  first.load('waiting')
  for (const name of ['a', 'b']) first.start(name)
  const ends = Promise.all([a, b].map(outcome))
  let late: Call | undefined
  a.future.addDoneCallback(() => {
    late = pool.call('late') // starts another worker, which gets `waiting`
    b.cancel()
  })
  first.exit()
  await pool.flushed()
  expect(await ends).toEqual([expect.any(ProcessExpired), expect.any(CancelledError)])
  expect([pool.workers.length, first.controls]).toEqual([2, []])
  const second = pool.worker(1).serve()
  expect(second.names).toEqual(['waiting', 'late'])
  for (const name of second.names) second.run(name)
  expect([await outcome(waiting), await outcome(late)]).toEqual(['waiting!', 'late!'])
  expect(pool.dispatcher.ledger.pending).toBe(0)
})

test.each([undefined, 50])(
  'an event that cannot be decoded fails its call and stops the body (grace: %p)',
  async (grace) => {
    const clock = new FakeClock()
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.01)
    const call = pool.call('a', { grace, timeout: 10_000 })
    const failed = outcome(call)
    worker.start('a')
    const sequence = worker.sequences.at(-1) as number
    worker.message({ kind: MessageKind.Progress, sequence, duration: 0, flags: BYTES, data: Buffer.from('no value') })
    expect(await failed).toMatchObject({ message: expect.stringMatching(/deserialize/) as string })
    if (grace !== undefined) {
      expect([worker.killed, worker.controls]).toEqual([false, [{ type: 'abort', sequence, reason: 'A message from `job` of jobs.ts could not be read.' }]]) // prettier-ignore
      await clock.pass(grace)
    }
    expect(worker.killed).toBe(true)
  },
)

test('a subscriber of `worker:started` that makes a call: each call is sent once', async () => {
  const pool = new FakePool({ maxWorkers: 3 })
  const made: Call[] = []
  let started = 0
  const makeOne = (): void => {
    started += 1
    if (started === 1) made.push(pool.call('inner'))
  }
  subscribe('pebble-ts:worker:started', makeOne)
  const outer = pool.call('outer')
  await pool.flushed()
  unsubscribe('pebble-ts:worker:started', makeOne)
  const names = pool.workers.flatMap((worker) => worker.names)
  expect(names.sort()).toEqual(['inner', 'outer'])
  expect(pool.dispatcher.queue.size).toBe(0)
  for (const worker of pool.workers) for (const name of worker.serve().names) worker.run(name)
  expect(await Promise.all([outer, ...made].map(outcome))).toEqual(['outer!', 'inner!'])
})

test('a subscriber of `call:queued` that cancels the call: the call settles once, never runs, and the queue is intact', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  const worker = await pool.learned(100) // long calls are sent one at a time
  for (const waiting of [0, 1, 2]) {
    const others = Array.from({ length: waiting }, (_, index) => pool.call(`${waiting}.${index}`))
    let cancelled: Call | undefined
    const cancelIt = (): void => {
      unsubscribe('pebble-ts:call:queued', cancelIt)
      cancelled?.cancel()
    }
    subscribe('pebble-ts:call:queued', cancelIt)
    jest.spyOn(pool.dispatcher, 'submit').mockImplementationOnce((call) => {
      cancelled = call
      pool.dispatcher.submit(call)
    })
    expect(await outcome(pool.call('cancelled'))).toBeInstanceOf(CancelledError)
    expect(pool.dispatcher.ledger.pending).toBe(waiting)
    for (let index = 0; index < waiting; index++) worker.run(`${waiting}.${index}`, 100)
    expect(await Promise.all(others.map(outcome))).toEqual(others.map((_, index) => `${waiting}.${index}!`))
    expect([pool.dispatcher.ledger.pending, pool.dispatcher.queue.size]).toEqual([0, 0])
  }
  expect(worker.names).not.toContain('cancelled')
})

test('a subscriber of `worker:exited` that cancels calls of that worker: the others run once, and the queue is intact', async () => {
  const pool = new FakePool({ maxWorkers: 1, concurrency: 3 })
  const calls = pool.calls('running', 'a', 'b', 'c', 'd')
  await pool.flushed()
  const first = pool.worker(0).serve()
  first.start('running')
  first.load('a')
  const cancelTwo = (): void => calls.slice(1, 3).forEach((call) => call.cancel())
  subscribe('pebble-ts:worker:exited', cancelTwo)
  const outcomes = Promise.all(calls.map(outcome))
  first.exit()
  await pool.flushed()
  unsubscribe('pebble-ts:worker:exited', cancelTwo)
  const ran: unknown[] = []
  for (let turn = 0; turn < 3; turn++) {
    await pool.flushed()
    for (const worker of pool.workers.slice(1)) {
      if (turn === 0) worker.serve()
      for (const name of worker.names.filter((each) => !ran.includes(each))) {
        if (worker.start(name)) ran.push(name)
        worker.finish(name, 1, ran.includes(name) ? MessageKind.Value : MessageKind.Revoked)
      }
    }
  }
  expect(ran.sort()).toEqual(['c', 'd'])
  const [running, one, two, ...others] = await outcomes
  expect(running).toBeInstanceOf(ProcessExpired)
  for (const error of [one, two]) expect(error).toBeInstanceOf(CancelledError)
  expect(others).toEqual(['c!', 'd!'])
  expect([pool.dispatcher.queue.size, pool.dispatcher.ledger.pending]).toEqual([0, 0])
})

test('a call whose arguments stop the pool while they are packed is cancelled', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  pool.dispatcher.stop(true)
  expect(await outcome(pool.call('a'))).toBeInstanceOf(CancelledError)
  expect([pool.workers, pool.dispatcher.ledger.pending]).toEqual([[], 0])
})
