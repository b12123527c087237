/** The parent's side of one worker: the calls that it has. */
import { isLoneCall, type CallBatch } from '../../src/wire/call-batch'
import { MessageKind } from '../../src/wire/messages'
import { SLOTS } from '../../src/wire/slots'
import { DispatchedMethod, type Call } from '../../src/dispatch/call'
import { compareSequences, type WorkerHandle } from '../../src/dispatch/worker-handle'
import { FakePool, type FakeWorker } from './fake-pool'
import { outcome } from '../support/outcome'

interface Fixture {
  readonly pool: FakePool
  readonly worker: FakeWorker
  readonly handle: WorkerHandle
}

async function ready(duration = 0.01, options = {}, slots: 'shared' | 'file' = 'shared'): Promise<Fixture> {
  const pool = new FakePool({ maxWorkers: 1, ...options }, slots)
  const worker = await pool.learned(duration)
  return { pool, worker, handle: pool.dispatcher.workers.assignable[0] as WorkerHandle }
}

const method = (pool: FakePool, index: number, expectedDuration = 0.01): DispatchedMethod =>
  Object.assign(new DispatchedMethod({ ...pool.method.definition, index }), { expectedDuration })

const names = (calls: readonly Call[]): unknown[] => calls.map(({ payload }) => (payload.args as unknown[])[0])
const definitions = (worker: FakeWorker): unknown[] =>
  worker.sent.flatMap(({ message }) => (Array.isArray(message) && message[0] !== 0 ? [message[0]] : []))

describe('a call of a worker', () => {
  test('counts until the worker has sent its outcome or has skipped it', async () => {
    const { pool, worker, handle } = await ready()
    expect([handle.inFlight, handle.load, handle.sent, handle.outcomes]).toEqual([0, 0, 1, 1])
    const [a, b] = pool.calls('a', 'b') as [Call, Call]
    expect([handle.inFlight, handle.load, handle.sent, handle.unsent]).toEqual([2, 0.02, 3, 1])
    await pool.flushed()
    expect([handle.unsent, names(handle.calls())]).toEqual([0, ['a', 'b']])
    b.cancel()
    expect([handle.inFlight, handle.load, handle.sent, names(handle.calls())]).toEqual([2, 0.01, 2, ['a']])
    worker.run('b')
    expect([handle.inFlight, handle.load]).toEqual([1, 0.01])
    worker.run('a')
    expect([handle.inFlight, handle.load, handle.outcomes]).toEqual([0, 0, 3])
    await Promise.all([a, b].map(outcome))
  })

  test('is listed in the order of sending, not of submission', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = pool.worker(pool.calls('first').length - 1).serve()
    pool.call('low', { priority: -1 })
    pool.call('high')
    worker.run('first', 0.01)
    await pool.flushed()
    const [handle] = pool.dispatcher.workers.assignable as [WorkerHandle]
    expect([worker.names, names(handle.calls())]).toEqual([
      ['first', 'high', 'low'],
      ['high', 'low'],
    ])
    worker.start('low')
    expect(handle.calls().map((call) => handle.isPast(call))).toEqual([true, false])
  })

  test.each([
    [1, 2],
    [5, 300],
    [2 ** 31 - 1, 1],
    [2 ** 31 - 100, 200],
  ])('has a sequence number that comes first: %s before %s', (a, b) => {
    expect([compareSequences(a, b) > 0, compareSequences(b, a) < 0, compareSequences(a, a)]).toEqual([true, true, 0])
  })

  test('is listed in that order even where slots are reused from the first', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.001)
    while ((worker.sequences.at(-1) as number) < SLOTS - 3) {
      pool.call('earlier')
      worker.run('earlier', 0.001)
    }
    pool.calls('a', 'b', 'c', 'd', 'e')
    await pool.flushed()
    const [handle] = pool.dispatcher.workers.assignable as [WorkerHandle]
    expect(names(handle.calls())).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(handle.calls().map(({ sequence }) => sequence % SLOTS)).toEqual([SLOTS - 2, SLOTS - 1, 0, 1, 2])
  })

  test('adds its expected duration to the load', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.25)
    const { expectedDuration } = pool.method
    expect(expectedDuration).toBeGreaterThan(0)
    const [a, b] = pool.calls('a', 'b')
    await pool.flushed()
    const [handle] = pool.dispatcher.workers.assignable as [WorkerHandle]
    expect([handle.inFlight, handle.load]).toEqual([2, 2 * expectedDuration])
    worker.run('a', 0.25)
    expect([handle.inFlight, handle.load]).toEqual([1, expectedDuration])
    worker.run('b', 0.25)
    expect([handle.inFlight, handle.load]).toEqual([0, 0])
    await Promise.all([a, b].map(outcome))
  })

  test('has a flag if it is the only one of the pool', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = pool.worker(pool.calls('a').length - 1).serve()
    worker.run('a', 0.01)
    await pool.flushed()
    pool.calls('b', 'c', 'd')
    await pool.flushed()
    for (const name of ['b', 'c', 'd']) worker.run(name)
    pool.call('e')
    const batches = worker.sent.map(({ message }) => message as CallBatch)
    expect(batches.map((batch) => isLoneCall(batch))).toEqual([true, true, false, true])
  })

  test('with an unknown duration adds nothing to the load', () => {
    const pool = new FakePool()
    pool.call('a')
    expect(pool.dispatcher.workers.assignable[0]).toMatchObject({ load: 0, inFlight: 1, sent: 1 })
  })

  test('keeps its slot, however many other calls come and go', async () => {
    const { pool, worker } = await ready(0.01, { concurrency: 2 })
    const staying = pool.call('staying')
    worker.start('staying')
    const taken = (worker.sequences.at(-1) as number) % SLOTS
    for (let n = 0; n < SLOTS + 5; n++) {
      const call = pool.call(n)
      pool.dispatcher.flush(call)
      worker.run(n, 0.01)
      expect(call.future.peek().value).toBe(`${n}!`)
    }
    const others = worker.sequences.slice(2)
    expect(others.map((sequence) => sequence % SLOTS)).not.toContain(taken)
    expect(new Set([...worker.sequences]).size).toBe(SLOTS + 7)
    worker.finish('staying')
    expect(await outcome(staying)).toBe('staying!')
  })

  test('is found by its sequence number only: a message for an earlier call in its slot is ignored', async () => {
    const { pool, worker } = await ready()
    const call = pool.call('a')
    const sequence = worker.sequences.at(-1) as number
    for (const other of [sequence + SLOTS, sequence + 1]) {
      worker.publish(other, 'x')
      worker.drain()
    }
    expect([call.future.done(), pool.dispatcher.workers.assignable[0]?.outcomes]).toEqual([false, 1])
    worker.run('a')
    worker.publish(sequence, 'again')
    worker.drain()
    expect([await outcome(call), pool.dispatcher.workers.assignable[0]?.inFlight]).toEqual(['a!', 0])
  })
})

describe('a method', () => {
  test('is defined once, with its first call', async () => {
    const { pool, worker } = await ready()
    const other = method(pool, 7)
    pool.call('a', {}, { payload: { method: other } })
    pool.call('b', {}, { payload: { method: other } })
    pool.call('c')
    await pool.flushed()
    expect(definitions(worker)).toEqual([[pool.method.definition], [other.definition]])
  })

  test('that other workers have run can be announced', async () => {
    const { pool, worker, handle } = await ready()
    const [known, unknown, fresh] = [method(pool, 7), method(pool, 8, Infinity), method(pool, 9)]
    for (const each of [known, unknown]) pool.call('a', {}, { payload: { method: each } })
    expect(handle.knownMethods()).toEqual([pool.method, known])
    await pool.flushed()
    worker.sent.length = 0
    handle.announceMethods([pool.method, known, fresh])
    handle.announceMethods([fresh])
    handle.announceMethods([])
    expect(handle.announced).toEqual([fresh])
    expect(worker.sent).toEqual([{ message: [[fresh.definition]], transfer: undefined }])
  })
})

describe('a revocation', () => {
  test('begins with the last call, and returns the revoked calls in the order of submission', async () => {
    const { pool, worker, handle } = await ready()
    const asked = jest.spyOn(worker.slots, 'revokeAll')
    pool.calls('a', 'b', 'c')
    await pool.flushed()
    worker.start('a')
    expect(names(handle.revokeAll())).toEqual(['b', 'c'])
    expect(asked).toHaveBeenCalledWith([...worker.sequences.slice(1)].reverse())
    expect([names(handle.calls()), handle.sent, handle.inFlight]).toEqual([['a'], 2, 3])
  })

  test('of waiting calls leaves out the call whose module is imported', async () => {
    const { pool, worker, handle } = await ready()
    pool.calls('a', 'b')
    await pool.flushed()
    worker.load('a')
    expect(names(handle.revokeAll('waiting'))).toEqual(['b'])
    expect(names(handle.revokeAll())).toEqual(['a'])
  })

  test('leaves out settled calls', async () => {
    const { pool, worker, handle } = await ready(0.01, { concurrency: 2 })
    const [a] = pool.calls('a', 'b') as [Call, Call]
    await pool.flushed()
    const asked = jest.spyOn(worker.slots, 'revokeAll')
    const settled = outcome(a)
    pool.dispatcher.ledger.fail(a, new Error('settled elsewhere'))
    expect(names(handle.revokeAll())).toEqual(['b'])
    expect(asked).toHaveBeenCalledWith([worker.sequences.at(-1)])
    await settled
  })

  test('of one call succeeds until the call starts', async () => {
    const { pool, worker, handle } = await ready()
    const [a, b] = pool.calls('a', 'b') as [Call, Call]
    await pool.flushed()
    worker.start('a')
    expect([handle.revoke(a), handle.revoke(b), names(handle.calls())]).toEqual([false, true, ['a']])
  })

  test('that did not get all calls makes the worker count as stalled until their outcomes arrive', async () => {
    const { pool, worker, handle } = await ready()
    pool.calls('a', 'b')
    await pool.flushed()
    worker.start('a')
    expect(handle.isStalled).toBe(false)
    handle.revokeAll()
    expect(handle.isStalled).toBe(true)
    worker.finish('a', 0.01)
    expect(handle.isStalled).toBe(false)
  })
})

describe('the start of a call', () => {
  test('shows that the calls before it have ended', async () => {
    const { pool, worker, handle } = await ready()
    const [a, b, c] = pool.calls('a', 'b', 'c') as [Call, Call, Call]
    await pool.flushed()
    const past = (): boolean[] => [a, b, c].map((call) => handle.isPast(call))
    worker.start('a')
    expect([past(), handle.isRunning(a), handle.isRunning(b)]).toEqual([[false, false, false], true, false])
    worker.load('b')
    expect([past(), handle.isLoading(b)]).toEqual([[false, false, false], true])
    worker.start('b')
    expect(past()).toEqual([true, false, false])
    const state = jest.spyOn(worker.slots, 'state')
    state.mockImplementation((sequence) => (sequence === c.sequence ? 5 : 1)) // the outcome is in the slot
    expect(past()).toEqual([true, true, false])
  })

  test('that only seemed so: the worker skips the call, and it is queued again in its place', async () => {
    const { pool, worker } = await ready(0.01, {}, 'file')
    const calls = pool.calls('a', 'b')
    await pool.flushed()
    worker.finish('a', 0, MessageKind.Revoked)
    await pool.flushed()
    worker.run('b')
    worker.run('a')
    expect(await Promise.all(calls.map(outcome))).toEqual(['a!', 'b!'])
  })
})

test('the workers of a program have unique names', () => {
  const pool = new FakePool()
  pool.calls('a', 'b')
  const [one, other] = pool.dispatcher.workers.assignable as [WorkerHandle, WorkerHandle]
  expect(Number(other.name)).toBe(Number(one.name) + 1)
})

test('`drain()` asks for the outcomes of the calls that the worker has', async () => {
  const { pool, worker, handle } = await ready()
  const drain = jest.spyOn(worker, 'drain')
  pool.calls('a', 'b')
  handle.drain()
  await pool.flushed()
  expect(drain).toHaveBeenLastCalledWith(worker.sequences.slice(1))
})
