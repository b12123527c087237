import { CancelledError, PoolError, ProcessPool, ThreadPool, TimeoutError } from 'pebble-ts'
import * as initializers from '../fixtures/pools/initializers'
import * as tasks from '../fixtures/pools/tasks'
import { Gate, lines, scratchFile } from '../support/gate'
import { isAlive } from '../support/processes'
import type { Kind } from '../support/setup'
import { failure, settled, until } from '../support/until'
import { endless, makePool, solo } from './pool-kit'

/** active, close, stop and join, in different orders. */
export function describeLife(kind: Kind): void {
  describe('active', () => {
    test('is true from the start, and for a closed pool until its calls are done', async () => {
      const [pool, gate] = [solo(kind), new Gate()]
      expect(pool.active).toBe(true)
      const future = pool.schedule(tasks.pass, { args: [gate.path] })
      expect(pool.active).toBe(true)
      pool.close()
      expect(pool.active).toBe(true)
      expect(pool.stats().state).toBe('closed')
      gate.open()
      await settled(future)
      expect(pool.active).toBe(false)
    })

    test('is false for a pool that was closed with nothing to do, and for a stopped pool', async () => {
      const [closed, stopped, gate] = [makePool(kind), solo(kind), new Gate()]
      closed.close()
      expect(closed.active).toBe(false)
      const running = stopped.schedule(tasks.pass, { args: [gate.path] })
      await gate.whenArrived()
      stopped.stop()
      expect([stopped.active, stopped.stats().state]).toEqual([false, 'stopped'])
      gate.open()
      await settled(Promise.allSettled([running]))
    })
  })

  describe('close', () => {
    test('lets accepted calls finish, including queued ones', async () => {
      const [pool, gate, log] = [solo(kind), new Gate(), scratchFile()]
      const first = pool.schedule(tasks.pass, { args: [gate.path] })
      const rest = Array.from({ length: 20 }, (_, n) => pool.schedule(tasks.note, { args: [log, n] }))
      pool.close()
      gate.open()
      await settled(pool.join())
      expect([first, ...rest].every((future) => future.done() && !future.cancelled())).toBe(true)
      expect(lines(log)).toHaveLength(20)
    })

    test('makes later calls reject, without throwing', async () => {
      const pool = solo(kind)
      pool.close()
      const error = await failure<PoolError>(pool.schedule(tasks.add, { args: [1, 1] }))
      expect(error).toBeInstanceOf(PoolError)
      expect(error.message).toBe('Cannot schedule on a closed pool. Create a new pool, or schedule before close().')
      expect(error.code).toBe('ERR_PEBBLE_POOL')
      expect(await failure(pool.map(tasks.echo, [1, 2]))).toBeInstanceOf(PoolError)
      expect(pool.stats()).toMatchObject({ workers: 0, pending: 0 })
    })

    test('has no effect the second time', async () => {
      const pool = solo(kind)
      const future = pool.schedule(tasks.add, { args: [1, 1] })
      pool.close()
      pool.close()
      expect(await settled(future)).toBe(2)
      await settled(pool.join())
    })

    test('ends a pool that never had a call', async () => {
      const pool = makePool(kind)
      pool.close()
      await settled(pool.join())
      expect(pool.stats()).toMatchObject({ started: 0, workers: 0 })
    })

    test('can be called from a done-callback', async () => {
      const pool = solo(kind)
      const futures = [1, 2, 3].map((n) => pool.schedule(tasks.echo, { args: [n] }))
      let joined: Promise<void> | undefined
      futures[0]?.addDoneCallback(() => {
        pool.close()
        joined = pool.join()
      })
      expect(await settled(Promise.all(futures))).toEqual([1, 2, 3])
      await settled(joined as Promise<void>)
      expect(pool.stats().workers).toBe(0)
    })

    test('lets calls made before it in a done-callback run, and not those made after it', async () => {
      const pool = solo(kind)
      const outcomes: Array<Promise<unknown>> = []
      const first = pool.schedule(tasks.add, { args: [1, 1] })
      first.addDoneCallback(() => {
        outcomes.push(pool.schedule(tasks.echo, { args: ['before'] }))
        pool.close()
        outcomes.push(pool.schedule(tasks.echo, { args: ['after'] }))
      })
      await settled(first)
      expect(await settled(outcomes[0] as Promise<unknown>)).toBe('before')
      expect(await failure(outcomes[1] as Promise<unknown>)).toBeInstanceOf(PoolError)
      await settled(pool.join())
    })
  })

  describe('stop', () => {
    test('drops waiting calls', async () => {
      const [pool, gate, log] = [solo(kind), new Gate(), scratchFile()]
      const first = pool.schedule(tasks.pass, { args: [gate.path] })
      await gate.whenArrived()
      const rest = Array.from({ length: 5 }, (_, n) => pool.schedule(tasks.note, { args: [log, n] }))
      pool.stop()
      expect(rest.every((future) => future.cancelled())).toBe(true)
      const error = await failure<CancelledError>(rest[0] as PromiseLike<void>)
      expect(error).toBeInstanceOf(CancelledError)
      expect(error.message).toContain('its pool was stopped')
      gate.open()
      await settled(Promise.allSettled([first]))
      await settled(pool.join())
      expect(lines(log)).toEqual([])
    })

    if (kind === 'thread') {
      test('lets running calls finish', async () => {
        const [pool, gate] = [makePool(kind, { maxWorkers: 2 }), new Gate()]
        const running = [
          pool.schedule(tasks.pass, { args: [gate.path] }),
          pool.schedule(tasks.block, { args: [gate.path] }),
        ]
        await gate.whenArrived(2)
        pool.stop()
        expect(running.some((future) => future.done())).toBe(false)
        gate.open()
        expect(await settled(Promise.all(running))).toEqual(['passed', 'passed'])
        await settled(pool.join())
      })

      test('lets a call finish that has just started, even if the parent does not know that yet', async () => {
        const [gate, inside] = [new Gate(), new Gate()]
        const pool = solo(kind, { initializer: initializers.waitAtStart, initArgs: [gate.path] })
        const future = pool.schedule(tasks.block, { args: [inside.path] })
        await gate.whenArrived()
        gate.open()
        // From here on this thread receives no messages of the worker.
        const limit = performance.now() + 20_000
        while (inside.arrived === 0 && performance.now() < limit);
        pool.stop()
        inside.open()
        expect(await settled(future)).toBe('passed')
      })
    } else {
      test('ends running calls, even those that block their process', async () => {
        const [pool, gate] = [makePool(kind, { maxWorkers: 2 }), new Gate()]
        const running = [
          endless(pool.schedule(tasks.pass, { args: [gate.path] })),
          endless(pool.schedule(tasks.spin, { args: [gate.path] })),
        ]
        await gate.whenArrived(2)
        pool.stop()
        expect(running.every((future) => future.cancelled())).toBe(true)
        await settled(pool.join())
        expect(gate.pids.filter(isAlive)).toEqual([])
      })

      test('ends processes that ignore SIGTERM', async () => {
        const [pool, gate] = [solo(kind), new Gate()]
        endless(pool.schedule(tasks.spinStubborn, { args: [gate.path] }))
        await gate.whenArrived()
        const began = performance.now()
        pool.stop()
        await settled(pool.join())
        expect(performance.now() - began).toBeLessThan(10_000)
        expect(gate.pids.filter(isAlive)).toEqual([])
      })
    }

    test('makes later calls reject', async () => {
      const pool = solo(kind)
      pool.stop()
      expect((await failure(pool.schedule(tasks.add, { args: [1, 1] }))).message).toBe(
        'Cannot schedule on a stopped pool. Create a new pool, or schedule before stop().',
      )
      await settled(pool.join())
    })

    test('cancels the first call before its worker has started', async () => {
      const pool = solo(kind)
      const future = pool.schedule(tasks.add, { args: [1, 1] })
      pool.stop()
      await settled(pool.join())
      expect(future.cancelled()).toBe(true)
    })

    test('ends the workers of an idle pool', async () => {
      const pool = makePool(kind, { maxWorkers: 2 })
      await settled(Promise.all([1, 2, 3].map((n) => pool.schedule(tasks.echo, { args: [n] }))))
      pool.stop()
      await settled(pool.join())
      expect(pool.stats().workers).toBe(0)
    })

    test('drops the later calls if a done-callback calls it', async () => {
      const [pool, gate, second] = [solo(kind), new Gate(), new Gate()]
      const first = pool.schedule(tasks.pass, { args: [gate.path] })
      await gate.whenArrived()
      const rest = Array.from({ length: 5 }, () => pool.schedule(tasks.pass, { args: [second.path] }))
      first.addDoneCallback(() => pool.stop())
      gate.open()
      expect(await settled(first)).toBe('passed')
      second.open()
      await settled(pool.join())
      // The next call may have started before this thread received the outcome of the first.
      expect(rest.slice(1).map((future) => future.cancelled())).toEqual([true, true, true, true])
    })

    test('makes calls reject that a done-callback of a dropped call makes', async () => {
      const [pool, gate] = [solo(kind), new Gate()]
      const first = endless(pool.schedule(tasks.pass, { args: [gate.path] }))
      await gate.whenArrived()
      const dropped = pool.schedule(tasks.echo, { args: [1] })
      let again: Promise<unknown> | undefined
      dropped.addDoneCallback(() => {
        again = pool.schedule(tasks.echo, { args: [2] })
      })
      pool.stop()
      expect(await failure(again as Promise<unknown>)).toBeInstanceOf(PoolError)
      gate.open()
      await settled(Promise.allSettled([first]))
      await settled(pool.join())
    })
  })

  describe('close, stop and join in sequence', () => {
    test('close, stop: accepted calls are dropped after all', async () => {
      const [pool, gate] = [solo(kind), new Gate()]
      const first = pool.schedule(tasks.pass, { args: [gate.path] })
      await gate.whenArrived()
      const waiting = pool.schedule(tasks.echo, { args: [1] })
      pool.close()
      pool.stop()
      expect([waiting.cancelled(), pool.stats().state, pool.active]).toEqual([true, 'stopped', false])
      gate.open()
      await settled(Promise.allSettled([first]))
      await settled(pool.join())
    })

    test('stop, close: the pool stays stopped', async () => {
      const pool = solo(kind)
      pool.stop()
      pool.close()
      pool.stop()
      expect(pool.stats().state).toBe('stopped')
      await settled(pool.join())
    })

    test('close, join, stop, join: the pool is stopped in the end', async () => {
      const pool = solo(kind)
      const future = pool.schedule(tasks.add, { args: [1, 1] })
      pool.close()
      await settled(pool.join())
      pool.stop()
      await settled(pool.join())
      expect(await future).toBe(2)
      expect([pool.active, pool.stats().state]).toEqual([false, 'stopped'])
    })

    test('close, join, stop: the pending join resolves', async () => {
      const [pool, gate] = [solo(kind), new Gate()]
      const first = endless(pool.schedule(tasks.pass, { args: [gate.path] }))
      await gate.whenArrived()
      const waiting = pool.schedule(tasks.pass, { args: [gate.path] })
      pool.close()
      const joined = pool.join()
      pool.stop()
      expect(waiting.cancelled()).toBe(true)
      if (kind === 'thread') gate.open()
      await settled(joined)
      expect(first.cancelled()).toBe(kind === 'process')
    })

    test('cancel, close, join: nothing is left', async () => {
      const [pool, gate] = [solo(kind), new Gate()]
      const future = pool.schedule(tasks.spin, { args: [gate.path] })
      await gate.whenArrived()
      future.cancel()
      pool.close()
      await settled(pool.join())
      expect(pool.stats()).toMatchObject({ workers: 0, pending: 0 })
    })
  })

  describe('join', () => {
    test('rejects for a running pool, because it would wait for ever', async () => {
      const pool = solo(kind, { name: 'mine' })
      const error = await failure<PoolError>(pool.join())
      expect(error).toBeInstanceOf(PoolError)
      expect(error.message).toBe("Cannot join 'mine' while it is running: call close() or stop() first.")
      expect(await settled(pool.schedule(tasks.add, { args: [1, 1] }))).toBe(2)
    })

    test('resolves for several waiters', async () => {
      const pool = solo(kind)
      const future = pool.schedule(tasks.add, { args: [1, 1] })
      pool.close()
      await settled(Promise.all([pool.join(), pool.join(), pool.join(30_000)]))
      expect(future.done()).toBe(true)
    })

    test('rejects if work is left after its limit, and the work goes on', async () => {
      const [pool, gate] = [solo(kind, { name: 'mine' }), new Gate()]
      const futures = [1, 2].map(() => pool.schedule(tasks.pass, { args: [gate.path] }))
      await gate.whenArrived()
      pool.close()
      const error = await failure<TimeoutError>(pool.join(50))
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error).toMatchObject({ code: 'ERR_PEBBLE_TIMEOUT', timeout: 50 })
      expect(error.message).toBe("'mine' was not done after 50 ms: 2 calls are left.")
      gate.open()
      expect(await settled(Promise.all(futures))).toEqual(['passed', 'passed'])
      await settled(pool.join())
    })

    test('refuses a limit that is not a duration', async () => {
      const pool = solo(kind)
      pool.close()
      expect(await failure(pool.join('Foo' as never))).toBeInstanceOf(TypeError)
    })

    test('resolves only when the workers have ended', async () => {
      const pool = makePool(kind, { maxWorkers: 2, maxTasks: 1 }) // there is a spare, too
      await settled(Promise.all([1, 2, 3].map((n) => pool.schedule(tasks.echo, { args: [n] }))))
      pool.close()
      await settled(pool.join())
      expect(pool.stats()).toMatchObject({ workers: 0, idle: 0, running: 0, queued: 0, pending: 0, settled: 3 })
    })
  })

  describe('await using', () => {
    const make = () => (kind === 'thread' ? new ThreadPool({ maxWorkers: 1 }) : new ProcessPool({ maxWorkers: 1 }))

    test('closes and joins at the end of the scope', async () => {
      const work = async () => {
        await using pool = make()
        return { pool, future: pool.schedule(tasks.add, { args: [1, 1] }) }
      }
      const { pool, future } = await settled(work())
      expect([future.done(), pool.active, pool.stats().workers]).toEqual([true, false, 0])
      expect(await future).toBe(2)
    })

    test('closes and joins when the scope throws', async () => {
      let seen: ReturnType<typeof make> | undefined
      const work = async (): Promise<void> => {
        await using pool = make()
        seen = pool
        await pool.schedule(tasks.fail, { args: ['no'] })
      }
      expect(await failure(work())).toBeInstanceOf(RangeError)
      expect(seen?.stats().workers).toBe(0)
    })
  })

  test('a pool that is never closed settles its calls even if their futures are dropped', async () => {
    const heard = new Promise<unknown>((resolve) => {
      solo(kind)
        .schedule(tasks.echo, { args: ['heard'] })
        .addDoneCallback((done) => void done.then(resolve))
    })
    expect(await settled(heard)).toBe('heard')
  })

  test('stats count the calls in each state', async () => {
    const [pool, gate] = [solo(kind), new Gate()]
    const futures = [1, 2, 3].map(() => pool.schedule(tasks.pass, { args: [gate.path] }))
    await gate.whenArrived()
    await until(() => pool.stats().running === 1, 'the first to run')
    const none = { count: 0, mean: 0, p50: 0, p95: 0, p99: 0, max: 0 }
    expect(pool.stats()).toEqual({
      state: 'running',
      workers: 1,
      idle: 0,
      queued: 2,
      running: 1,
      pending: 3,
      settled: 0,
      started: 1,
      queueTime: none,
      runTime: none,
    })
    gate.open()
    await settled(Promise.all(futures))
    const stats = pool.stats()
    expect(stats).toMatchObject({ idle: 1, queued: 0, running: 0, pending: 0, settled: 3 })
    expect([stats.queueTime.count, stats.runTime.count]).toEqual([3, 3])
  })
}
