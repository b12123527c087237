import { CancelledError } from '../../src/errors'
import { MessageKind } from '../../src/wire/messages'
import { FakePool } from './fake-pool'
import { turns } from '../support/leftovers'
import { outcome } from '../support/outcome'

describe('a pool that is stopped', () => {
  test.each([false, true])('drops waiting calls, and cancels running ones on demand (%p)', async (alsoRunning) => {
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

  test('drops calls that come back from a worker later: skipped ones, and those that had not started when it died', async () => {
    const pool = new FakePool({ maxWorkers: 1 }, 'file')
    const worker = await pool.learned(0.01)
    const calls = pool.calls('a', 'b')
    await pool.flushed()
    worker.slots.start(worker.sequences[1] as number) // seems to have started
    worker.slots.start(worker.sequences[2] as number)
    pool.dispatcher.stop(false)
    expect(calls.map(({ future }) => future.done())).toEqual([false, false])
    worker.finish('a', 0, MessageKind.Revoked)
    expect(await outcome(calls[0])).toMatchObject({ message: '`job` of jobs.ts was dropped: its pool was stopped.' })
    worker.exit()
    expect(await outcome(calls[1])).not.toBeInstanceOf(CancelledError)
    expect(pool.workers).toHaveLength(1)
  })

  test('has ended once every call is settled and every worker has exited', async () => {
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
