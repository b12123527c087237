import type { Call } from '../../src/dispatch/call'
import { CancelledError, TimeoutError } from '../../src/errors'
import { FakeClock } from '../support/clock'
import { outcome } from '../support/outcome'
import { FakePool, type FakeWorker } from './fake-pool'

const names = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** A pool of processes, with one worker that has a backlog. Each call of `revocations` would wait for the lease. */
async function piped(
  count: number,
): Promise<{ pool: FakePool; worker: FakeWorker; calls: Call[]; revocations: jest.SpyInstance }> {
  const pool = new FakePool({ maxWorkers: 1 }, 'file')
  const worker = await pool.learned(0.01)
  const calls = pool.calls(...names(count))
  await pool.flushed()
  expect(worker.names).toHaveLength(count + 1)
  return { pool, worker, calls, revocations: jest.spyOn(worker.slots, 'revokeAll') }
}

/** The worker skips revoked calls. */
function skip(worker: FakeWorker, skipped: readonly number[]): void {
  for (const name of skipped) worker.run(name)
}

describe('many cancellations in one turn', () => {
  test('revoke the calls of a worker at most twice', async () => {
    const { pool, worker, calls, revocations } = await piped(50)
    for (const call of calls) expect([call.future.cancel(), call.future.cancelled()]).toEqual([true, true])
    expect(revocations.mock.calls.length).toBeLessThanOrEqual(2)
    for (const name of names(50)) expect(worker.start(name)).toBe(false)
    for (const call of calls) expect(await outcome(call)).toBeInstanceOf(CancelledError)
    expect(pool.dispatcher.ledger.pending).toBe(0)
  })

  test('cost no more than many `queueTimeout`s that pass together', async () => {
    const pool = new FakePool({ maxWorkers: 1 }, 'file')
    const worker = await pool.learned(0.01)
    pool.call('running')
    worker.start('running')
    const revocations = jest.spyOn(worker.slots, 'revokeAll')
    const outcomes = names(50).map((name) => outcome(pool.call(name, { queueTimeout: 1 })))
    for (const each of outcomes) expect(await each).toBeInstanceOf(TimeoutError)
    expect(revocations.mock.calls.length).toBeLessThan(10) // the timers may need some turns
  })

  test('do not affect other calls: those are sent again after the turn, in their order', async () => {
    const { pool, worker, calls } = await piped(20)
    for (const call of calls.slice(5, 15)) call.cancel()
    expect(worker.names).toHaveLength(21)
    worker.run(0) // the next call of the worker was not revoked
    skip(worker, names(20).slice(1))
    await pool.flushed()
    const again = [...names(5).slice(1), ...names(20).slice(15)]
    expect(worker.names.slice(21)).toEqual(again)
    for (const name of again) worker.run(name)
    for (const call of [...calls.slice(0, 5), ...calls.slice(15)]) expect(await outcome(call)).toMatch(/!$/)
    for (const call of calls.slice(5, 15)) expect(await outcome(call)).toBeInstanceOf(CancelledError)
  })

  test('stop the worker of the running call, and none of the cancelled calls runs', async () => {
    const { pool, worker, calls } = await piped(20)
    worker.start(0)
    for (const call of calls) expect(call.future.cancel()).toBe(true)
    expect(worker.killed).toBe(true)
    for (const name of names(20).slice(1)) expect(worker.start(name)).toBe(false)
    worker.exit({ exitCode: null, signal: 'SIGTERM' })
    await pool.flushed()
    for (const next of pool.workers.slice(1)) for (const name of next.names) expect(next.start(name)).toBe(false)
    expect(pool.dispatcher.ledger.pending).toBe(0)
    await Promise.all(calls.map(outcome))
  })

  test('come too late for a call whose body has ended, even if the outcome was not read yet', async () => {
    const { worker, calls } = await piped(3)
    worker.start(0)
    worker.publish(worker.sequences[1] as number, 0)
    expect(calls.map((call) => call.future.cancel())).toEqual([false, true, true])
    expect(worker.killed).toBe(false)
    expect(await outcome(calls[0] as Call)).toBe('0!')
    await Promise.all(calls.map(outcome))
  })

  test('hold revoked calls back until the turn is over, unless the program exits', async () => {
    const { pool, worker, calls } = await piped(6)
    for (const call of calls.slice(1, 4)) call.cancel()
    skip(worker, names(6).slice(1)) // it has skipped all of them, so there is room
    pool.call('new')
    worker.run(0)
    expect(worker.names).toHaveLength(7)
    pool.dispatcher.resume()
    expect(worker.names).toHaveLength(8)
    for (const name of [4, 5, 'new']) {
      await pool.flushed()
      worker.run(name)
    }
    expect(worker.names.slice(7)).toEqual([4, 5, 'new'])
    await Promise.all(calls.map(outcome))
  })

  test('replace a worker that imports the module', async () => {
    const { worker, calls } = await piped(5)
    worker.load(0)
    for (const call of calls.slice().reverse()) expect(call.future.cancel()).toBe(true)
    expect(worker.killed).toBe(true)
    await Promise.all(calls.map(outcome))
  })

  test('are not bulk revocations if there is only one', async () => {
    const { worker, calls, revocations } = await piped(5)
    calls[3]?.cancel()
    expect(revocations.mock.calls).toEqual([[[worker.sequences[4]]]])
    worker.run(3)
    expect(worker.names).toHaveLength(6)
    for (const name of [0, 1, 2, 4]) worker.run(name)
    expect(await Promise.all(calls.map(outcome))).toEqual(['0!', '1!', '2!', expect.any(CancelledError), '4!'])
  })
})

test('cancellations in turns of their own are single ones', async () => {
  const { pool, worker, calls, revocations } = await piped(6)
  for (const at of [5, 4, 3]) {
    calls[at]?.cancel()
    await pool.flushed()
  }
  expect(revocations.mock.calls).toEqual([6, 5, 4].map((at) => [[worker.sequences[at]]]))
  await Promise.all(calls.slice(3).map(outcome))
})

test.each(['shared', 'file'] as const)(
  'a call that is cancelled between its revocation and its return to the queue is not revoked or aborted again (%s)',
  async (slots) => {
    const clock = new FakeClock()
    const pool = new FakePool({ maxWorkers: 1, concurrency: 2 }, slots)
    const worker = await pool.learned(0.01)
    const [slow, quick, waiting] = [{ grace: 50 }, {}, { grace: 50 }].map((limits, name) => pool.call(name, limits)) as [Call, Call, Call] // prettier-ignore
    await pool.flushed()
    for (const name of [0, 1]) worker.start(name)
    slow.cancel()
    quick.future.addDoneCallback(() => waiting.cancel())
    for (const call of [quick, slow]) worker.publish(call.sequence, 'read')
    await clock.block(50) // the grace ends: `waiting` is revoked, then the outcomes are read
    expect(await Promise.all([slow, quick, waiting].map(outcome))).toEqual([expect.any(CancelledError), 'read!', expect.any(CancelledError)]) // prettier-ignore
    expect(worker.controls).toMatchObject([{ type: 'abort', sequence: slow.sequence }])
    expect([worker.killed, pool.dispatcher.workers.assignable[0]?.sent]).toEqual([false, 3])
  },
)
