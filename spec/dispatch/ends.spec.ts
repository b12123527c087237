/** How a pool of workers ends: stopped, broken, replaced; and what workers say beside outcomes. */
import { CancelledError, PoolError, TimeoutError } from '../../src/errors'
import type { Call } from '../../src/dispatch/call'
import { packThrown } from '../../src/wire/errors'
import { MessageKind, type WorkerMessage } from '../../src/wire/messages'
import { pack } from '../../src/wire/values'
import { FakePool } from './fake-pool'
import { FakeClock } from '../support/clock'
import { turns } from '../support/leftovers'
import { outcome } from '../support/outcome'
import { warnings } from '../support/warnings'

const say = (kind: MessageKind, more: Partial<WorkerMessage> = {}): WorkerMessage => ({ kind, sequence: 0, duration: 0, flags: 0, data: undefined, ...more }) // prettier-ignore
const thrown = (error: unknown): Partial<WorkerMessage> => packThrown(error, { root: 'error', kind: 'process' })

describe('stopping', () => {
  test.each([false, true])('drops what waits; what runs, if wanted (%p)', async (alsoRunning) => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.01)
    const calls = pool.calls('running', 'piped')
    pool.method.expectedDuration = Infinity
    calls.push(pool.call('queued'))
    await pool.flushed()
    expect(worker.names).toEqual(['first', 'running', 'piped'])
    worker.start('running')
    const outcomes = calls.map(outcome)
    pool.dispatcher.stop(alsoRunning)
    expect(calls.map(({ future }) => future.cancelled())).toEqual([alsoRunning, true, true])
    expect(worker.killed).toBe(alsoRunning)
    for (const dropped of outcomes.slice(1)) {
      expect(await dropped).toBeInstanceOf(CancelledError)
      expect(await dropped).toMatchObject({ message: '`job` of jobs.ts was dropped: its pool was stopped.' })
    }
    if (alsoRunning) expect(await outcomes[0]).toMatchObject({ message: '`job` of jobs.ts was cancelled.' })
    else worker.finish('running')
    await Promise.all(outcomes)
    expect(pool.dispatcher.ledger.pending).toBe(0)
  })

  test('drops later what comes back from a worker: skipped, or unstarted when it died', async () => {
    const pool = new FakePool({ maxWorkers: 1 }, 'file')
    const worker = await pool.learned(0.01)
    const calls = pool.calls('a', 'b')
    await pool.flushed()
    worker.slots.start(worker.sequences[1] as number) // seems started
    worker.slots.start(worker.sequences[2] as number)
    pool.dispatcher.stop(false)
    expect(calls.map(({ future }) => future.done())).toEqual([false, false])
    worker.finish('a', 0, MessageKind.Revoked)
    expect(await outcome(calls[0])).toMatchObject({ message: '`job` of jobs.ts was dropped: its pool was stopped.' })
    worker.exit()
    expect(await outcome(calls[1])).not.toBeInstanceOf(CancelledError)
    expect(pool.workers).toHaveLength(1)
  })

  test('ends once every call is settled and every worker gone', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const call = pool.call('a')
    const worker = pool.worker(0).serve()
    let ended = false
    const ending = pool.dispatcher.end().then(() => (ended = true))
    await turns()
    expect(worker.controls).toEqual([])
    worker.run('a')
    await turns()
    expect([worker.controls, ended]).toEqual([[{ type: 'stop' }], false])
    worker.exit({ exitCode: 0 })
    await ending
    expect(await outcome(call)).toBe('a!')
  })
})

describe('a pool that cannot work', () => {
  test('since its initializer threw: what waits, was sent, or comes fails with that; what runs goes on', async () => {
    const pool = new FakePool({ maxWorkers: 2 })
    const [running, sent] = pool.calls('running', 'sent') as [Call, Call]
    const queued = pool.call('queued')
    pool.worker(0).serve().start('running')
    const outcomes = [sent, queued].map(outcome)
    expect(pool.dispatcher.broken).toBe(false)
    pool.worker(1).message(say(MessageKind.Broken, thrown(new RangeError('no database'))))
    pool.worker(1).message(say(MessageKind.Broken, thrown(new RangeError('the second is not told'))))
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

  test('says so where what the initializer threw cannot be read', async () => {
    const pool = new FakePool()
    const failed = outcome(pool.call('a'))
    pool.worker(0).message(say(MessageKind.Broken, { data: new Uint8Array([1, 2]), flags: 2 }))
    expect(await failed).toMatchObject({ message: 'The pool is broken: the initializer threw PebbleError: the initializer threw an error that could not be read.' }) // prettier-ignore
  })

  test('since a worker does not start in time: it is stopped', async () => {
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

  test('takes back what a worker seemed to have started, and fails it', async () => {
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

describe('what workers say', () => {
  test('that they have grown too large: what they have started they do, another the rest', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.01)
    const calls = pool.calls('a', 'b', 'c')
    await pool.flushed()
    worker.start('a')
    worker.message(say(MessageKind.OverMemory))
    expect([worker.killed, worker.controls]).toEqual([false, []])
    worker.finish('a')
    for (const name of ['b', 'c']) worker.finish(name, 0, MessageKind.Revoked)
    expect(worker.controls).toEqual([{ type: 'stop' }])
    worker.exit({ exitCode: 0 })
    await turns()
    const next = pool.worker(1).serve()
    await pool.flushed()
    for (const name of ['b', 'c']) next.run(name)
    expect(await Promise.all(calls.map(outcome))).toEqual(['a!', 'b!', 'c!'])
  })

  test('that they have grown too large while they have nothing: they end', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.01)
    worker.message(say(MessageKind.OverMemory))
    expect(worker.controls).toEqual([{ type: 'stop' }])
    pool.call('a')
    await pool.flushed()
    expect(worker.names).toEqual(['first'])
  })

  test('of errors outside any body: a warning', () => {
    const heard = warnings()
    const pool = new FakePool()
    pool.call('a')
    pool.worker(0).message(say(MessageKind.Warning, thrown(new RangeError('stray'))))
    pool.worker(0).message(say(MessageKind.Warning, { data: new Uint8Array([1, 2]), flags: 2 }))
    expect(heard.map(({ detail }) => detail?.split('\n')[0])).toEqual([
      'RangeError: stray',
      'PebbleError: a worker threw an error that could not be read.',
    ])
  })

  test('as a request: it is answered', async () => {
    const pool = new FakePool()
    pool.call('a')
    const worker = pool.worker(0)
    worker.message(
      say(MessageKind.Request, { sequence: 3, ...pack(['nobody', 1], { root: 'request', kind: 'process' }) }),
    )
    await turns()
    expect(worker.controls).toMatchObject([{ type: 'response', request: 3, failed: true }])
  })

  test('before an outcome goes to the call; once it is settled, to nobody', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const heard: unknown[] = []
    const call = pool.call('a', { grace: 60_000 }, { onEvent: ({ data }) => heard.push(data) })
    const worker = pool.worker(0).serve()
    worker.start('a')
    const sequence = worker.sequences[0] as number
    worker.message(say(MessageKind.Item, { sequence, data: 1 }))
    expect([heard, call.future.done(), pool.dispatcher.workers.assignable[0]?.outcomes]).toEqual([[1], false, 0])
    call.cancel()
    worker.message(say(MessageKind.Item, { sequence, data: 2 }))
    expect(heard).toEqual([1])
    worker.finish('a')
    await outcome(call)
  })
})

describe('telling a call’s worker something', () => {
  const RETURN = (sequence: number) => ({ type: 'return', sequence }) as const

  test('works from when it was sent until its outcome, and comes behind the call', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.01)
    pool.method.expectedDuration = Infinity
    const [queued, waiting] = [pool.call('running'), pool.call('waiting')]
    expect(pool.dispatcher.tell(waiting, RETURN)).toBe(false)
    worker.run('running', 0.01)
    await outcome(queued)
    pool.method.expectedDuration = 0.01
    worker.run('waiting', 0.01)
    const [a, b] = pool.calls('a', 'b') as [Call, Call]
    expect(worker.names).not.toContain('b') // it waits for its batch
    expect(pool.dispatcher.tell(b, RETURN)).toBe(true)
    expect(worker.names.at(-1)).toBe('b')
    expect(worker.sent.at(-1)?.message).toEqual({ type: 'return', sequence: worker.sequences.at(-1) })
    worker.run('a')
    worker.run('b')
    expect([pool.dispatcher.tell(a, RETURN), pool.dispatcher.tell(b, RETURN)]).toEqual([false, false])
    await Promise.all([a, b].map(outcome))
  })
})

describe('a call that the program waits for', () => {
  test('is known from its submission to its end', async () => {
    const before = process.listenerCount('exit')
    const pool = new FakePool()
    const calls = [pool.call('a', { daemon: false }), pool.call('b', { daemon: true })]
    expect(process.listenerCount('exit')).toBe(before + 1)
    pool.worker(0).serve().run('a')
    expect(process.listenerCount('exit')).toBe(before)
    pool.worker(1).serve().run('b')
    await Promise.all(calls.map(outcome))
  })
})

test('a worker whose own code has failed fails its calls with that cause', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  const [running, next] = pool.calls('running', 'next') as [Call, Call]
  const failed = outcome(running)
  const worker = pool.worker(0).serve()
  worker.start('running')
  worker.message(say(MessageKind.Failed, thrown(new RangeError('inside'))))
  worker.exit({ exitCode: 70 })
  expect(await failed).toMatchObject({ code: 'ERR_PEBBLE_PROCESS_EXPIRED', exitCode: 70, cause: { message: 'inside' } })
  pool.worker(1).serve().run('next')
  expect(await outcome(next)).toBe('next!')
})

test('a worker whose own code fails before it serves breaks the pool, in the end, with that cause', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  const failed = outcome(pool.call('a'))
  for (let n = 0; n < 3; n++) {
    pool.worker(n).message(say(MessageKind.Failed, thrown(new RangeError('inside'))))
    pool.worker(n).exit({ exitCode: 70 })
  }
  expect(await failed).toMatchObject({ code: 'ERR_PEBBLE_POOL', cause: { cause: { message: 'inside' } } })
})
