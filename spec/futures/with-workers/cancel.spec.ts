import { isAbortError } from 'abort-controller-x'
import { CancelledError, futureOf } from 'pebble-ts'
import { jobs } from '../../fixtures/jobs'
import { Gate, lines, scratchFile } from '../../support/gate'
import { forEachKind } from '../../support/setup'
import { useSoloPools } from '../../support/solo'
import { failure, settled, until } from '../../support/until'

useSoloPools()

forEachKind('cancel()', (kind) => {
  const job = jobs[kind]

  test('drops a waiting call: its body never runs, and the others do', async () => {
    const [gate, log] = [new Gate(), scratchFile()]
    const running = futureOf(job.soloPass(gate.path))
    const waiting = [1, 2, 3].map((n) => futureOf(job.soloNote(log, n)))
    await gate.whenArrived()
    expect(waiting[1]?.cancel()).toBe(true)
    expect([waiting[1]?.cancelled(), waiting[1]?.done()]).toEqual([true, true])
    gate.open()
    expect(await settled(running)).toBe('passed')
    await settled(Promise.all([waiting[0], waiting[2]]))
    expect(lines(log)).toEqual(['1', '3'])
  })

  test('rejects with CancelledError, which is an AbortError of abort-controller-x', async () => {
    const future = futureOf(job.pass(new Gate().path))
    expect(future.cancel()).toBe(true)
    const error = await failure<CancelledError>(future)
    expect(error).toBeInstanceOf(CancelledError)
    expect(error).toBeInstanceOf(Error)
    expect(isAbortError(error)).toBe(true)
    expect(error).toMatchObject({ name: 'AbortError', code: 'ERR_PEBBLE_CANCELLED' })
    expect(error.message).toContain('was cancelled')
  })

  test('stops a running body, even one that never yields, and another worker runs the next call', async () => {
    const [gate, log] = [new Gate(), scratchFile()]
    const future = futureOf(job.soloPass(gate.path))
    const next = futureOf(job.soloNote(log, 'next'))
    await gate.whenArrived()
    expect(future.running()).toBe(true)
    expect(future.cancel()).toBe(true)
    expect(future.running()).toBe(false)
    await settled(next)
    expect(lines(log)).toEqual(['next'])
    gate.open()
  })

  test('does not disturb other calls', async () => {
    const gates = [new Gate(), new Gate()]
    const [one, other] = gates.map((gate) => futureOf(job.pass(gate.path)))
    await Promise.all(gates.map((gate) => gate.whenArrived()))
    one?.cancel()
    gates[1]?.open()
    expect(await settled(other as PromiseLike<string>)).toBe('passed')
    await failure(one as PromiseLike<string>)
  })

  test('returns false for a call that is done', async () => {
    const future = futureOf(job.add(1, 2))
    await settled(future)
    expect(future.cancel()).toBe(false)
    expect(future.cancelled()).toBe(false)
    const failed = futureOf(job.fail('no'))
    await failure(failed)
    expect(failed.cancel()).toBe(false)
    expect(await failure(failed)).toBeInstanceOf(RangeError)
  })

  test('can be called from the done-callback of a cancelled call, again and again', async () => {
    const gate = new Gate()
    const futures = Array.from({ length: 20 }, () => futureOf(job.soloPass(gate.path)))
    futures.forEach((future, index) => future.addDoneCallback(() => futures[index + 1]?.cancel()))
    await gate.whenArrived()
    futures[0]?.cancel()
    expect(futures.every((future) => future.cancelled())).toBe(true)
    await until(() => futures.every((future) => future.done()), 'all to be done')
    expect(await settled(job.soloNote(scratchFile(), 1))).toBeUndefined()
  })
})
