/** One worker, and what is with it. */
import { isLoneCall, MessageKind, SLOTS, type CallBatch } from '../../src/wire/messages'
import type { Call } from '../../src/dispatch/call'
import { compareSequences, type WorkerHandle } from '../../src/dispatch/worker-handle'
import { DispatchedMethod } from '../../src/dispatch/dispatched-method'
import { FakePool, type FakeWorker } from './fake-pool'
import { outcome } from '../support/outcome'

interface World {
  readonly pool: FakePool
  readonly worker: FakeWorker
  readonly member: WorkerHandle
}

async function ready(duration = 0.01, options = {}, slots: 'shared' | 'file' = 'shared'): Promise<World> {
  const pool = new FakePool({ maxWorkers: 1, ...options }, slots)
  const worker = await pool.learned(duration)
  return { pool, worker, member: pool.dispatcher.workers.assignable[0] as WorkerHandle }
}

const method = (pool: FakePool, index: number, expectedDuration = 0.01): DispatchedMethod =>
  Object.assign(new DispatchedMethod({ ...pool.method.definition, index }), { expectedDuration })

const names = (calls: readonly Call[]): unknown[] => calls.map(({ payload }) => (payload.args as unknown[])[0])
const definitions = (worker: FakeWorker): unknown[] =>
  worker.sent.flatMap(({ message }) => (Array.isArray(message) && message[0] !== 0 ? [message[0]] : []))

describe('what is with a worker', () => {
  test('is counted until the worker is done with it, those included that were taken back', async () => {
    const { pool, worker, member } = await ready()
    expect([member.inFlight, member.load, member.sent, member.outcomes]).toEqual([0, 0, 1, 1])
    const [a, b] = pool.calls('a', 'b') as [Call, Call]
    expect([member.inFlight, member.load, member.sent, member.unsent]).toEqual([2, 0.02, 3, 1])
    await pool.flushed()
    expect([member.unsent, names(member.calls())]).toEqual([0, ['a', 'b']])
    b.cancel()
    expect([member.inFlight, member.load, member.sent, names(member.calls())]).toEqual([2, 0.01, 2, ['a']])
    worker.run('b')
    expect([member.inFlight, member.load]).toEqual([1, 0.01])
    worker.run('a')
    expect([member.inFlight, member.load, member.outcomes]).toEqual([0, 0, 3])
    await Promise.all([a, b].map(outcome))
  })

  test('is in the order in which it was sent, whoever was submitted first', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = pool.worker(pool.calls('first').length - 1).serve()
    pool.call('low', { priority: -1 })
    pool.call('high')
    worker.run('first', 0.01)
    await pool.flushed()
    const [member] = pool.dispatcher.workers.assignable as [WorkerHandle]
    expect([worker.names, names(member.calls())]).toEqual([
      ['first', 'high', 'low'],
      ['high', 'low'],
    ])
    worker.start('low')
    expect(member.calls().map((call) => member.isPast(call))).toEqual([true, false])
  })

  test.each([
    [1, 2],
    [5, 300],
    [2 ** 31 - 1, 1],
    [2 ** 31 - 100, 200],
  ])('comes before: %s before %s', (a, b) => {
    expect([compareSequences(a, b) > 0, compareSequences(b, a) < 0, compareSequences(a, a)]).toEqual([true, true, 0])
  })

  test('is in that order also where the slots begin again', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.001)
    while ((worker.sequences.at(-1) as number) < SLOTS - 3) {
      pool.call('earlier')
      worker.run('earlier', 0.001)
    }
    pool.calls('a', 'b', 'c', 'd', 'e')
    await pool.flushed()
    const [member] = pool.dispatcher.workers.assignable as [WorkerHandle]
    expect(names(member.calls())).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(member.calls().map(({ sequence }) => sequence % SLOTS)).toEqual([SLOTS - 2, SLOTS - 1, 0, 1, 2])
  })

  test('counts for as long as it is there', async () => {
    const pool = new FakePool({ maxWorkers: 1 })
    const worker = await pool.learned(0.25)
    const { expectedDuration } = pool.method
    expect(expectedDuration).toBeGreaterThan(0)
    const [a, b] = pool.calls('a', 'b')
    await pool.flushed()
    const [member] = pool.dispatcher.workers.assignable as [WorkerHandle]
    expect([member.inFlight, member.load]).toEqual([2, 2 * expectedDuration])
    worker.run('a', 0.25)
    expect([member.inFlight, member.load]).toEqual([1, expectedDuration])
    worker.run('b', 0.25)
    expect([member.inFlight, member.load]).toEqual([0, 0])
    await Promise.all([a, b].map(outcome))
  })

  test('is told whether the pool has others', async () => {
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

  test('of an unknown duration adds nothing to its load', () => {
    const pool = new FakePool()
    pool.call('a')
    expect(pool.dispatcher.workers.assignable[0]).toMatchObject({ load: 0, inFlight: 1, sent: 1 })
  })

  test('has a slot of its own, however many come and go beside one that stays', async () => {
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

  test('is asked for by its own number: what comes for another that had the slot is nobody’s', async () => {
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

describe('methods', () => {
  test('are told once, with the first call of theirs', async () => {
    const { pool, worker } = await ready()
    const other = method(pool, 7)
    pool.call('a', {}, { payload: { method: other } })
    pool.call('b', {}, { payload: { method: other } })
    pool.call('c')
    await pool.flushed()
    expect(definitions(worker)).toEqual([[pool.method.definition], [other.definition]])
  })

  test('that others have run are told to a worker ahead', async () => {
    const { pool, worker, member } = await ready()
    const [known, unknown, fresh] = [method(pool, 7), method(pool, 8, Infinity), method(pool, 9)]
    for (const each of [known, unknown]) pool.call('a', {}, { payload: { method: each } })
    expect(member.knownMethods()).toEqual([pool.method, known])
    await pool.flushed()
    worker.sent.length = 0
    member.announceMethods([pool.method, known, fresh])
    member.announceMethods([fresh])
    expect(worker.sent).toEqual([{ message: [[fresh.definition]], transfer: undefined }])
  })
})

describe('taking back', () => {
  test('asks for the last first, and gives what was taken in the order in which it was submitted', async () => {
    const { pool, worker, member } = await ready()
    const asked = jest.spyOn(worker.slots, 'revokeAll')
    pool.calls('a', 'b', 'c')
    await pool.flushed()
    worker.start('a')
    expect(names(member.revokeAll())).toEqual(['b', 'c'])
    expect(asked).toHaveBeenCalledWith([...worker.sequences.slice(1)].reverse())
    expect([names(member.calls()), member.sent, member.inFlight]).toEqual([['a'], 2, 3])
  })

  test('leaves the one whose module is imported where only others are to be taken', async () => {
    const { pool, worker, member } = await ready()
    pool.calls('a', 'b')
    await pool.flushed()
    worker.load('a')
    expect(names(member.revokeAll('waiting'))).toEqual(['b'])
    expect(names(member.revokeAll())).toEqual(['a'])
  })

  test('does not ask for calls that are settled', async () => {
    const { pool, worker, member } = await ready(0.01, { concurrency: 2 })
    const [a] = pool.calls('a', 'b') as [Call, Call]
    await pool.flushed()
    const asked = jest.spyOn(worker.slots, 'revokeAll')
    const settled = outcome(a)
    pool.dispatcher.ledger.fail(a, new Error('settled elsewhere'))
    expect(names(member.revokeAll())).toEqual(['b'])
    expect(asked).toHaveBeenCalledWith([worker.sequences.at(-1)])
    await settled
  })

  test('of one call succeeds until it starts', async () => {
    const { pool, worker, member } = await ready()
    const [a, b] = pool.calls('a', 'b') as [Call, Call]
    await pool.flushed()
    worker.start('a')
    expect([member.revoke(a), member.revoke(b), names(member.calls())]).toEqual([false, true, ['a']])
  })

  test('that left some with the worker sends nothing more until it is known what became of them', async () => {
    const { pool, worker, member } = await ready()
    pool.calls('a', 'b')
    await pool.flushed()
    worker.start('a')
    expect(member.isStalled).toBe(false)
    member.revokeAll()
    expect(member.isStalled).toBe(true)
    worker.finish('a', 0.01)
    expect(member.isStalled).toBe(false)
  })
})

describe('who has started', () => {
  test('is past once one that was sent after it has', async () => {
    const { pool, worker, member } = await ready()
    const [a, b, c] = pool.calls('a', 'b', 'c') as [Call, Call, Call]
    await pool.flushed()
    const past = (): boolean[] => [a, b, c].map((call) => member.isPast(call))
    worker.start('a')
    expect([past(), member.hasStarted(a), member.hasStarted(b)]).toEqual([[false, false, false], true, false])
    worker.load('b')
    expect([past(), member.isLoading(b)]).toEqual([[false, false, false], true])
    worker.start('b')
    expect(past()).toEqual([true, false, false])
    const state = jest.spyOn(worker.slots, 'state')
    state.mockImplementation((sequence) => (sequence === c.sequence ? 5 : 1)) // its outcome is in the slot
    expect(past()).toEqual([true, true, false])
  })

  test('a skipped call of a process that seemed started is queued again, in its place', async () => {
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

test('workers of one program have names of their own', () => {
  const pool = new FakePool()
  pool.calls('a', 'b')
  const [one, other] = pool.dispatcher.workers.assignable as [WorkerHandle, WorkerHandle]
  expect(Number(other.name)).toBe(Number(one.name) + 1)
})

test('a worker that receives knows which calls it is asked for', async () => {
  const { pool, worker, member } = await ready()
  const drain = jest.spyOn(worker, 'drain')
  pool.calls('a', 'b')
  member.drain()
  await pool.flushed()
  expect(drain).toHaveBeenLastCalledWith(worker.sequences.slice(1))
})
