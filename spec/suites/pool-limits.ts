import { getEventListeners } from 'node:events'
import { CancelledError, PoolError, TimeoutError, type Future } from 'pebble-ts'
import { queued } from '../fixtures/pools/queued'
import * as tasks from '../fixtures/pools/tasks'
import { Gate, lines, scratchFile } from '../support/gate'
import { isAlive } from '../support/processes'
import type { Kind } from '../support/setup'
import { failure, settled, until } from '../support/until'
import { endless, idOf, makePool, solo } from './pool-kit'

/** Limits, cancellations, priorities and transfers of calls. */
export function describeLimits(kind: Kind): void {
  describe('timeout', () => {
    test('stops a body that blocks its worker, and the worker is replaced', async () => {
      const [pool, gate] = [solo(kind), new Gate()]
      const before = idOf(await settled(pool.schedule(tasks.where)))
      const error = await failure<TimeoutError>(pool.schedule(tasks.spin, { args: [gate.path], timeout: 100 }))
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error).toMatchObject({ name: 'TimeoutError', code: 'ERR_PEBBLE_TIMEOUT', timeout: 100 })
      expect(error.message).toBe('`spin` of tasks.ts was stopped after 100 ms (limit `timeout: 100`).')
      expect(idOf(await settled(pool.schedule(tasks.where)))).not.toBe(before)
    })

    test('stops a body that waits', async () => {
      const pool = solo(kind)
      const future = pool.schedule(tasks.pass, { args: [new Gate().path], timeout: 100 })
      expect(await failure(future)).toBeInstanceOf(TimeoutError)
      expect([future.done(), future.cancelled(), future.running()]).toEqual([true, false, false])
    })

    test('counts from the start of the body, not from the call', async () => {
      const [pool, gate] = [solo(kind), new Gate()]
      const first = pool.schedule(tasks.pass, { args: [gate.path] })
      await gate.whenArrived()
      const second = pool.schedule(tasks.add, { args: [1, 1], timeout: 150 })
      await failure(second.result(300))
      expect(second.done()).toBe(false)
      gate.open()
      expect(await settled(Promise.all([first, second]))).toEqual(['passed', 2])
    })

    test('of one call does not affect others', async () => {
      const [pool, gate, never] = [makePool(kind, { maxWorkers: 2 }), new Gate(), new Gate()]
      const other = pool.schedule(tasks.pass, { args: [gate.path] })
      await gate.whenArrived()
      const late = pool.schedule(tasks.spin, { args: [never.path], timeout: 100 })
      const waiting = Array.from({ length: 10 }, (_, n) => pool.schedule(tasks.echo, { args: [n] }))
      await failure(late)
      expect(await settled(Promise.all(waiting))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      expect(other.done()).toBe(false)
      gate.open()
      expect(await settled(other)).toBe('passed')
    })

    test('does not stop quick calls, however long this thread was busy', async () => {
      const pool = solo(kind)
      await settled(pool.schedule(tasks.where))
      const future = pool.schedule(tasks.add, { args: [1, 1], timeout: 50 })
      const until = performance.now() + 300
      while (performance.now() < until);
      expect(await settled(future)).toBe(2)
    })

    test('that follows another one ends only its own call', async () => {
      const pool = solo(kind)
      const futures = Array.from({ length: 4 }, (_, n) =>
        n % 2 === 0
          ? pool.schedule(tasks.pass, { args: [new Gate().path], timeout: 50 })
          : pool.schedule(tasks.echo, { args: [n], timeout: 30_000 }),
      )
      const outcomes = await settled(Promise.allSettled(futures))
      expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 'late'))).toEqual([
        'late',
        1,
        'late',
        3,
      ])
    })

    test('aborts the signal of the task first and leaves it its grace to end', async () => {
      const [pool, gate, log] = [solo(kind), new Gate(), scratchFile()]
      const before = idOf(await settled(pool.schedule(tasks.where)))
      const future = pool.schedule(tasks.untilAborted, { args: [gate.path, log], timeout: 50, grace: 30_000 })
      expect(await failure(future)).toBeInstanceOf(TimeoutError)
      await until(() => lines(log).length === 1, 'the task to be told')
      expect(lines(log)).toEqual(['`untilAborted` of tasks.ts was stopped after 50 ms (limit `timeout: 50`).'])
      expect(idOf(await settled(pool.schedule(tasks.where)))).toBe(before)
    })

    test('ends a body that exceeds its grace', async () => {
      const [pool, gate] = [solo(kind), new Gate()]
      const future = pool.schedule(tasks.spin, { args: [gate.path], timeout: 50, grace: 50 })
      expect(await failure(future)).toBeInstanceOf(TimeoutError)
      expect(await settled(pool.schedule(tasks.add, { args: [1, 1] }))).toBe(2)
    })
  })

  test('queueTimeout fails a call that has not started in time, and the running one goes on', async () => {
    const [pool, gate] = [solo(kind), new Gate()]
    const first = pool.schedule(tasks.pass, { args: [gate.path], queueTimeout: 30_000 })
    await gate.whenArrived()
    const error = await failure<TimeoutError>(pool.schedule(tasks.add, { args: [1, 1], queueTimeout: 50 }))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error.message).toBe('`add` of tasks.ts did not start within 50 ms (limit `queueTimeout: 50`).')
    gate.open()
    expect(await settled(first)).toBe('passed')
    expect(pool.stats().queued).toBe(0)
  })

  describe('cancel', () => {
    test('drops a waiting call, which never runs, unlike the others', async () => {
      const [pool, gate, log] = [solo(kind), new Gate(), scratchFile()]
      const first = pool.schedule(tasks.pass, { args: [gate.path] })
      await gate.whenArrived()
      const waiting = [1, 2, 3].map((n) => pool.schedule(tasks.note, { args: [log, n] }))
      expect(waiting[1]?.cancel()).toBe(true)
      expect(waiting[1]?.cancelled()).toBe(true)
      expect(await failure(waiting[1] as Future<void>)).toBeInstanceOf(CancelledError)
      gate.open()
      await settled(Promise.all([first, waiting[0], waiting[2]]))
      expect(lines(log)).toEqual(['1', '3'])
    })

    test('stops a running call at once, and the worker is replaced', async () => {
      const [pool, gate] = [solo(kind), new Gate()]
      const before = idOf(await settled(pool.schedule(tasks.where)))
      const future = pool.schedule(tasks.spin, { args: [gate.path] })
      await gate.whenArrived()
      expect(future.running()).toBe(true)
      expect(future.cancel()).toBe(true)
      expect([future.cancelled(), future.running(), future.cancel()]).toEqual([true, false, false])
      expect(await failure(future)).toBeInstanceOf(CancelledError)
      expect(idOf(await settled(pool.schedule(tasks.where)))).not.toBe(before)
    })

    test('of a call that was sent and has not started keeps it from running', async () => {
      const [pool, log] = [solo(kind), scratchFile()]
      await settled(pool.schedule(tasks.note, { args: [scratchFile(), 'short'] }))
      for (let round = 0; round < 20; round++) {
        const futures = Array.from({ length: 20 }, (_, n) => pool.schedule(tasks.note, { args: [log, n] }))
        const dropped = futures.filter((future) => !future.running() && future.cancel())
        await settled(Promise.allSettled(futures))
        expect(dropped.every((future) => future.cancelled())).toBe(true)
      }
      const seen = lines(log).length
      await settled(pool.schedule(tasks.echo, { args: [1] }))
      expect(lines(log)).toHaveLength(seen) // no call runs later
    })

    test('of all calls works in a done-callback', async () => {
      const [pool, gate] = [solo(kind), new Gate()]
      const first = endless(pool.schedule(tasks.spin, { args: [gate.path] }))
      const rest = Array.from({ length: 50 }, () => pool.schedule(tasks.add, { args: [1, 1] }))
      first.addDoneCallback(() => rest.forEach((future) => future.cancel()))
      await gate.whenArrived()
      first.cancel()
      expect(rest.every((future) => future.cancelled())).toBe(true)
      expect(pool.stats()).toMatchObject({ queued: 0, pending: 0 })
    })

    test('has no effect on a call that is done', async () => {
      const pool = solo(kind)
      const future = pool.schedule(tasks.add, { args: [1, 1] })
      await settled(future)
      expect([future.cancel(), future.cancelled()]).toEqual([false, false])
    })
  })

  describe('signal', () => {
    test('cancels a running call with its reason as the cause', async () => {
      const [pool, gate, abortion] = [solo(kind), new Gate(), new AbortController()]
      const future = pool.schedule(tasks.spin, { args: [gate.path], signal: abortion.signal })
      await gate.whenArrived()
      abortion.abort('enough')
      const error = await failure<CancelledError>(future)
      expect(error).toBeInstanceOf(CancelledError)
      expect(error.cause).toBe('enough')
      expect(future.cancelled()).toBe(true)
    })

    test('drops a waiting call', async () => {
      const [pool, gate, abortion] = [solo(kind), new Gate(), new AbortController()]
      const first = pool.schedule(tasks.pass, { args: [gate.path] })
      const future = pool.schedule(tasks.add, { args: [1, 1], signal: abortion.signal })
      abortion.abort()
      expect(await failure(future)).toBeInstanceOf(CancelledError)
      gate.open()
      expect(await settled(first)).toBe('passed')
    })

    test('that has aborted before runs nothing and starts no worker', async () => {
      const [pool, log] = [solo(kind), scratchFile()]
      const before = idOf(await settled(pool.schedule(tasks.where)))
      for (let round = 0; round < 50; round++) {
        const future = pool.schedule(tasks.note, { args: [log, round], signal: AbortSignal.abort('never') })
        const error = await failure<CancelledError>(future)
        expect(error).toBeInstanceOf(CancelledError)
        expect(error.cause).toBe('never')
        expect(future.cancelled()).toBe(true)
      }
      const all = pool.schedule(tasks.all, { args: [AbortSignal.abort('never')] })
      expect(await failure(all)).toBeInstanceOf(CancelledError)
      expect(idOf(await settled(pool.schedule(tasks.where)))).toBe(before)
      expect(lines(log)).toEqual([])
    })

    test('has one listener, however many calls use it', async () => {
      const [pool, gate, abortion] = [solo(kind), new Gate(), new AbortController()]
      const first = pool.schedule(tasks.pass, { args: [gate.path] })
      const { signal } = abortion
      const futures = Array.from({ length: 12 }, () => pool.schedule(tasks.add, { args: [1, 1], signal }))
      const args = Array.from({ length: 12 }, () => pool.schedule(tasks.all, { args: [signal] }))
      expect(getEventListeners(signal, 'abort')).toHaveLength(1)
      abortion.abort()
      for (const future of [...futures, ...args]) expect(await failure(future)).toBeInstanceOf(CancelledError)
      gate.open()
      await settled(first)
      expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    })

    test('has no listener once its call is done', async () => {
      const [pool, abortion] = [solo(kind), new AbortController()]
      await settled(pool.schedule(tasks.add, { args: [1, 1], signal: abortion.signal }))
      await failure(pool.schedule(tasks.fail, { args: ['no'], signal: abortion.signal }))
      expect(getEventListeners(abortion.signal, 'abort')).toHaveLength(0)
    })
  })

  test('priority lets calls go first, and calls of equal priority keep their order', async () => {
    const [pool, gate, log] = [solo(kind), new Gate(), scratchFile()]
    const first = pool.schedule(tasks.pass, { args: [gate.path] })
    await gate.whenArrived()
    const order: Array<[text: string, priority?: number]> = [
      ['a'],
      ['low', -1],
      ['b'],
      ['high', 5],
      ['c', 0],
      ['high too', 5],
    ]
    const futures = order.map(([text, priority]) => pool.schedule(tasks.noteInOrder, { args: [log, text], priority }))
    gate.open()
    await settled(Promise.all([first, ...futures]))
    expect(lines(log)).toEqual(['high', 'high too', 'a', 'b', 'c', 'low'])
  })

  describe('maxQueue', () => {
    test('refuses a call that finds the queue full, and accepted calls are done', async () => {
      const [pool, gate] = [solo(kind, { maxQueue: 2, name: 'small' }), new Gate()]
      const first = pool.schedule(tasks.pass, { args: [gate.path] })
      await gate.whenArrived()
      const accepted = [1, 2].map((n) => pool.schedule(tasks.echo, { args: [n] }))
      const error = await failure<PoolError>(pool.schedule(tasks.echo, { args: [3] }))
      expect(error).toBeInstanceOf(PoolError)
      expect(error.message).toBe(
        "The queue of 'small' is full (maxQueue: 2). Wait for some of its calls, or set `whenFull: 'wait'`.",
      )
      gate.open()
      expect(await settled(Promise.all([first, ...accepted]))).toEqual(['passed', 1, 2])
      expect(await settled(pool.schedule(tasks.echo, { args: [4] }))).toBe(4)
    })

    test('limits decorated calls too', async () => {
      const [pool, gate] = [solo(kind, { maxQueue: 1 }), new Gate()]
      const call = queued[kind](pool)
      const first = pool.schedule(tasks.pass, { args: [gate.path] })
      await gate.whenArrived()
      const waiting = call(1)
      expect(await failure(call(2))).toBeInstanceOf(PoolError)
      gate.open()
      expect(await settled(Promise.all([first, waiting]))).toEqual(['passed', 1])
    })

    test('of 0 accepts as many calls as can run at once', async () => {
      const [pool, gate] = [makePool(kind, { maxQueue: 0, maxWorkers: 2 }), new Gate()]
      const running = [1, 2].map(() => pool.schedule(tasks.pass, { args: [gate.path] }))
      expect(await failure(pool.schedule(tasks.pass, { args: [gate.path] }))).toBeInstanceOf(PoolError)
      gate.open()
      expect(await settled(Promise.all(running))).toEqual(['passed', 'passed'])
      expect(await settled(pool.schedule(tasks.add, { args: [1, 1] }))).toBe(2)
    })

    test("lets calls wait with `whenFull: 'wait'`", async () => {
      const [pool, gate] = [solo(kind, { maxQueue: 1, whenFull: 'wait' }), new Gate()]
      const first = pool.schedule(tasks.pass, { args: [gate.path] })
      const futures = Array.from({ length: 10 }, (_, n) => pool.schedule(tasks.echo, { args: [n] }))
      gate.open()
      await settled(first)
      expect(await settled(Promise.all(futures))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    })

    test('does not limit the chunks of a map', async () => {
      const pool = solo(kind, { maxQueue: 1 })
      const results = await settled(
        pool.map(
          tasks.echo,
          Array.from({ length: 50 }, (_, n) => n),
        ),
      )
      const values: unknown[] = []
      for await (const value of results) values.push(value)
      expect(values).toHaveLength(50)
    })
  })

  test('concurrency runs that many asynchronous bodies in one worker, and no more', async () => {
    const [pool, gate] = [solo(kind, { concurrency: 3 }), new Gate()]
    const futures = Array.from({ length: 5 }, () => pool.schedule(tasks.pass, { args: [gate.path] }))
    await gate.whenArrived(3)
    expect(futures.filter((future) => future.running())).toHaveLength(3)
    expect(pool.stats()).toMatchObject({ workers: 1, running: 3, pending: 5 })
    expect(gate.arrived).toBe(3)
    gate.open()
    await settled(Promise.all(futures))
    expect(new Set(gate.pids).size).toBe(1)
  })

  describe('transfer', () => {
    test('moves a buffer to the worker', async () => {
      const bytes = new Uint8Array([1, 2, 3])
      const future = solo(kind).schedule(tasks.lengthOf, { args: [bytes], transfer: [bytes.buffer] })
      if (kind === 'thread') expect(bytes.byteLength).toBe(0)
      expect(await settled(future)).toBe(3)
    })

    test('applies to one call only, and leaves the other arguments usable for the next', async () => {
      const [settings, moved] = [{ name: 'settings' }, new ArrayBuffer(4)]
      const first = kind === 'process' ? makePool('process') : makePool('thread')
      expect(await settled(first.schedule(tasks.all, { args: [settings, moved], transfer: [moved] }))).toHaveLength(2)
      expect(moved.byteLength).toBe(kind === 'process' ? 4 : 0)
      const thread = makePool('thread')
      expect(await settled(thread.schedule(tasks.all, { args: [settings] }))).toEqual([settings])
      expect(moved.byteLength).toBe(kind === 'process' ? 4 : 0)
    })

    test('moves nothing if the call is not made', async () => {
      const bytes = new Uint8Array(3)
      const args = [AbortSignal.abort('before'), bytes]
      const error = await failure(solo(kind).schedule(tasks.all, { args, transfer: [bytes.buffer] }))
      expect(error).toMatchObject({ code: 'ERR_PEBBLE_CANCELLED', cause: 'before' })
      expect(bytes.byteLength).toBe(3)
    })

    test('does not move objects that are not listed', async () => {
      const [moved, kept] = [new Uint8Array(8), new Uint8Array(8)]
      const future = solo(kind).schedule(tasks.all, { args: [moved, kept], transfer: [moved.buffer] })
      expect(kept.byteLength).toBe(8)
      expect(await settled(future)).toEqual([new Uint8Array(8), new Uint8Array(8)])
    })
  })

  if (kind === 'process') {
    test('a process that ignores SIGTERM gets SIGKILL within about a second', async () => {
      for (const body of [tasks.spinStubborn, tasks.waitStubborn]) {
        const [pool, gate] = [solo(kind), new Gate()]
        const future = pool.schedule(body, { args: [gate.path] })
        await gate.whenArrived()
        const [pid] = gate.pids as [number]
        const began = performance.now()
        future.cancel()
        await until(() => !isAlive(pid), 'the process to be gone')
        expect(performance.now() - began).toBeLessThan(5_000)
        expect(await settled(pool.schedule(tasks.add, { args: [1, 1] }))).toBe(2)
      }
    })
  }
}
