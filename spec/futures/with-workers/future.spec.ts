import { CancelledError, Future, futureOf, ProcessFuture, TimeoutError } from 'pebble-ts'
import { jobs } from '../../fixtures/jobs'
import { Gate } from '../../support/gate'
import { forEachKind } from '../../support/setup'
import { useSoloPools } from '../../support/solo'
import { failure, settled, until } from '../../support/until'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

useSoloPools()

forEachKind('the future of a call', (kind) => {
  const job = jobs[kind]

  test('is returned at once, and is a promise', async () => {
    const future = futureOf(job.add(1, 2))
    expect(future).toBeInstanceOf(kind === 'thread' ? Future : ProcessFuture)
    expect(future).toBeInstanceOf(Promise)
    expect(future.done()).toBe(false)
    expect(await settled(future)).toBe(3)
    expect(future.done()).toBe(true)
    expect(future.cancelled()).toBe(false)
  })

  test('returns plain promises from then, catch and finally', async () => {
    const future = job.add(1, 2)
    for (const promise of [future.then(), future.catch(() => 0), future.finally(() => undefined)]) {
      expect(promise).not.toBeInstanceOf(Future)
      expect(await settled(promise)).toBe(3)
      expect(() => futureOf(promise)).toThrow(TypeError)
    }
  })

  test('has its own UUID, which the body knows', async () => {
    const futures = [job.id(), job.id(), job.id()].map(futureOf)
    const ids = await settled(Promise.all(futures))
    expect(ids).toEqual(futures.map((future) => future.id))
    expect(new Set(ids).size).toBe(3)
    for (const id of ids) expect(id).toMatch(UUID)
  })

  test('has the number of the call of its method', async () => {
    const before = futureOf(job.where()).number
    const next = [job.where(), job.where()].map((promise) => futureOf(promise).number)
    expect(next).toEqual([before + 1, before + 2])
    expect(futureOf(job.add(0, 0)).number).not.toBe(before + 3)
  })

  test('is running from the start of the body to its end', async () => {
    const gate = new Gate()
    const first = futureOf(job.soloPass(gate.path))
    const second = futureOf(job.soloPass(gate.path))
    await gate.whenArrived()
    await until(() => first.running(), 'the first call to run')
    expect([first.running(), first.done()]).toEqual([true, false])
    expect([second.running(), second.done()]).toEqual([false, false])
    gate.open()
    await settled(Promise.all([first, second]))
    expect([first.running(), first.done()]).toEqual([false, true])
  })

  test('can limit a wait for its result; the call goes on', async () => {
    const gate = new Gate()
    const future = futureOf(job.pass(gate.path))
    for (const waiting of [future.result(20), future.get(20), future.exception(20)]) {
      const error = await failure<TimeoutError>(waiting)
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error).toMatchObject({ name: 'TimeoutError', code: 'ERR_PEBBLE_TIMEOUT', timeout: 20 })
    }
    expect(future.done()).toBe(false)
    gate.open()
    expect(await settled(future.result(30_000))).toBe('passed')
    expect(await settled(future.get())).toBe('passed')
  })

  test('can end a wait by a signal; the call goes on', async () => {
    const gate = new Gate()
    const future = futureOf(job.pass(gate.path))
    const abortion = new AbortController()
    const waiting = future.result(undefined, { signal: abortion.signal })
    abortion.abort('enough')
    const error = await failure<CancelledError>(waiting)
    expect(error).toBeInstanceOf(CancelledError)
    expect(error.cause).toBe('enough')
    expect(future.done()).toBe(false)
    gate.open()
    expect(await settled(future)).toBe('passed')
  })

  test('refuses a wait whose limit is not a time', () => {
    const future = futureOf(job.add(1, 2))
    expect(() => future.result('Foo' as never)).toThrow(
      'Expected `timeout` to be a number of ms, at least 0, got `"Foo"` (string)',
    )
    expect(() => future.result(-1)).toThrow(TypeError)
    expect(() => future.result(Number.NaN)).toThrow(TypeError)
  })

  test('returns the error of a call, or null, from exception()', async () => {
    const good = futureOf(job.add(1, 2))
    expect(await settled(good.exception())).toBeNull()
    const bad = futureOf(job.fail('no'))
    const error = await settled(bad.exception())
    expect(error).toBeInstanceOf(RangeError)
    expect(error).toBe(await failure(bad))
    const cancelled = futureOf(job.pass(new Gate().path))
    cancelled.cancel()
    expect(await failure(cancelled.exception())).toBeInstanceOf(CancelledError)
  })
})

test('the future of a call in a process has the pid', async () => {
  const future = futureOf(jobs.process.where()) as unknown as ProcessFuture<{ pid: number }>
  const { pid } = await settled(future)
  expect(future.pid).toBe(pid)
  expect(pid).not.toBe(process.pid)
})

test('futureOf refuses a promise that is not a future', () => {
  expect(() => futureOf(Promise.resolve(1))).toThrow(TypeError)
  expect(() => futureOf(undefined as never)).toThrow('Expected the promise that a decorated method returned')
})
