import { setTimeout as sleep } from 'node:timers/promises'
import { Lock, PoolError, Queue, type ProcessFuture } from 'pebble-ts'
import * as nested from '../fixtures/pools/nested'
import { Gate, lines, scratchFile } from '../support/gate'
import { isAlive } from '../support/processes'
import type { Kind } from '../support/setup'
import { failure, settled, until } from '../support/until'
import { endless, solo } from './pool-kit'

/** Pools in workers of pools, and processes that workers start. */
export function describeNested(kind: Kind): void {
  describe.each([
    ['threads', 'thread'],
    ['processes', 'process'],
  ] as const)('a pool of %s in a worker', (_what, inner) => {
    test('runs calls in its own workers', async () => {
      const seen = await settled(solo(kind).schedule(nested.runInside, { args: [inner] }))
      expect(new Set([seen.outer, seen.inner, `${process.pid}:0`]).size).toBe(3)
    })

    test('runs maps', async () => {
      expect(await settled(solo(kind).schedule(nested.mapInside, { args: [inner, 50] }))).toBe((50 * 51) / 2)
    })

    test('ends with its worker if it was not closed', async () => {
      const pool = solo(kind)
      const id = await settled(pool.schedule(nested.leavePool, { args: [inner] }))
      pool.close()
      await settled(pool.join())
      const pid = Number(id.split(':')[0])
      if (inner === 'process') await until(() => !isAlive(pid), 'the inner worker to be gone')
    })

    test('ends with its worker when that is stopped', async () => {
      const [pool, gate] = [solo(kind), new Gate()]
      // The processes of a thread notice its end only between their bodies.
      const body = kind === 'thread' && inner === 'process' ? nested.passInside : nested.spinInside
      const future = endless(pool.schedule(body, { args: [inner, gate.path] }))
      await gate.whenArrived()
      future.cancel()
      pool.close()
      await settled(pool.join())
      const [pid] = gate.pids as [number]
      if (pid !== process.pid) await until(() => !isAlive(pid), 'the inner worker to be gone')
    })
  })

  test('pools can be nested five levels deep and no deeper', async () => {
    const pool = solo(kind)
    expect(await settled(pool.schedule(nested.descend, { args: [kind, 4] }), 'five levels', 50_000)).toBe(4)
    const error = await failure<PoolError>(pool.schedule(nested.descend, { args: [kind, 5] }))
    expect(error).toBeInstanceOf(PoolError)
    expect(error.message).toBe(
      'Cannot make a pool in a worker 5 levels deep: at most 5 levels of pools can be nested. ' +
        'Does a body make a pool whose tasks make it again?',
    )
  })

  if (kind === 'process') {
    test.each(['cancel', 'SIGKILL'] as const)(
      'a lock of a process below a worker is free once that process has ended: %s',
      async (how) => {
        const [pool, gate, log, lock] = [solo(kind), new Gate(), scratchFile(), new Lock()]
        const call = pool.schedule(nested.holdInside, { args: [lock, gate.path, log] })
        await gate.whenArrived()
        const [acquired, error] = [lock.acquire(), failure(call)]
        if (how === 'cancel') call.cancel()
        else process.kill((call as ProcessFuture<void>).pid as number, how)
        await settled(acquired)
        const at = Date.now()
        await error
        await sleep(50) // the holder has written every 5 ms
        expect(
          lines(log)
            .map(Number)
            .filter((time) => time > at),
        ).toEqual([])
        lock.release()
      },
    )

    test('an item that a body below a worker has got is not delivered again', async () => {
      const [pool, log, queue] = [solo(kind), scratchFile(), new Queue<string>()]
      queue.putNowait('item')
      await failure(pool.schedule(nested.takeInside, { args: [queue, log] }))
      await until(() => lines(log).length > 0, 'the item to be taken')
      await expect(queue.get({ timeout: 1000 })).rejects.toThrow()
      expect(lines(log)).toEqual(['item'])
    })

    test('processes that a body started are stopped with its worker', async () => {
      const [pool, log] = [solo(kind), scratchFile()]
      const future = endless(pool.schedule(nested.spawnInside, { args: [log] }))
      await until(() => lines(log).length === 1, 'the process to be started')
      const pid = Number(lines(log)[0])
      expect(isAlive(pid)).toBe(true)
      future.cancel()
      await until(() => !isAlive(pid), 'the process to be stopped')
    })
  }
}
