import { CancelledError, TimeoutError } from 'pebble-ts'
import * as tasks from '../fixtures/pools/tasks'
import { Gate } from '../support/gate'
import type { Kind } from '../support/setup'
import { failure, settled } from '../support/until'
import { makePool, solo } from './pool-kit'

const MB = 1024 * 1024

/** Large data, and what happens to a pool while it is being transferred. */
export function describeLarge(kind: Kind): void {
  test('a Buffer of 100 MB goes to a worker and comes back as a Buffer', async () => {
    const bytes = Buffer.alloc(100 * MB, 1)
    bytes[bytes.length - 1] = 9
    const back = await settled(solo(kind).schedule(tasks.large, { args: [bytes] }))
    expect(back).toMatchObject({ isBuffer: true, length: 100 * MB, first: 1, last: 9 })
    expect(Buffer.isBuffer(back.bytes)).toBe(true)
    expect(bytes.equals(back.bytes)).toBe(true)
    expect(bytes.byteLength).toBe(100 * MB)
  })

  test('a worker can return 100 MB for a call without large arguments', async () => {
    const bytes = await settled(solo(kind).schedule(tasks.makeLarge, { args: [100 * MB] }))
    expect([bytes.byteLength, bytes[0], bytes.at(-1)]).toEqual([100 * MB, 7, 7])
  })

  test('calls with and without large data do not affect each other', async () => {
    const pool = makePool(kind, { maxWorkers: 2 })
    const bytes = Buffer.alloc(10 * MB, 1)
    const futures = Array.from({ length: 12 }, (_, n) =>
      n % 3 === 0 ? pool.schedule(tasks.lengthOf, { args: [bytes] }) : pool.schedule(tasks.add, { args: [n, 0] }),
    )
    const expected = Array.from({ length: 12 }, (_, n) => (n % 3 === 0 ? 10 * MB : n))
    expect(await settled(Promise.all(futures))).toEqual(expected)
  })

  test('a map sends large elements in chunks', async () => {
    const items = Array.from({ length: 12 }, (_, n) => Buffer.alloc(4 * MB, n))
    const firsts: unknown[] = []
    for await (const bytes of makePool(kind, { maxWorkers: 2 }).map(tasks.echo, items, { chunkSize: 2, buffer: 4 })) {
      firsts.push([(bytes as Buffer).byteLength, (bytes as Buffer)[0]])
    }
    expect(firsts).toEqual(items.map((_, n) => [4 * MB, n]))
  })

  describe('while large data is being transferred', () => {
    test('a call that sends it to a worker can be cancelled', async () => {
      const pool = solo(kind)
      for (const warm of [false, true]) {
        if (warm) await settled(pool.schedule(tasks.where))
        const future = pool.schedule(tasks.lengthOf, { args: [Buffer.alloc(60 * MB)] })
        await new Promise((resolve) => setImmediate(resolve))
        if (!future.done()) future.cancel()
        await settled(Promise.allSettled([future]))
      }
      expect(await settled(pool.schedule(tasks.add, { args: [1, 1] }))).toBe(2)
      expect(pool.stats().pending).toBe(0)
    })

    test('a call that receives it from a worker can be cancelled', async () => {
      const pool = solo(kind)
      for (let round = 0; round < 4; round++) {
        const gate = new Gate()
        const future = pool.schedule(tasks.makeLarge, { args: [60 * MB, gate.path] })
        await gate.whenArrived()
        if (future.cancel()) expect(await failure(future)).toBeInstanceOf(CancelledError)
        else expect((await settled(future)).byteLength).toBe(60 * MB)
      }
      expect(await settled(pool.schedule(tasks.add, { args: [1, 1] }))).toBe(2)
    })

    test('the limit of a call can pass', async () => {
      const pool = solo(kind)
      await settled(pool.schedule(tasks.where))
      const outcome = pool.schedule(tasks.makeLarge, { args: [100 * MB], timeout: 1 })
      const [result] = await settled(Promise.allSettled([outcome]))
      if (result?.status === 'rejected') expect(result.reason).toBeInstanceOf(TimeoutError)
      expect(await settled(pool.schedule(tasks.add, { args: [1, 1] }))).toBe(2)
    })

    test('a pool that sends it to workers can be stopped', async () => {
      const pool = makePool(kind, { maxWorkers: 2 })
      const futures = Array.from({ length: 4 }, () => pool.schedule(tasks.large, { args: [Buffer.alloc(40 * MB)] }))
      pool.stop()
      await settled(pool.join(), 'the pool to end')
      expect(futures.every((future) => future.done())).toBe(true)
    })

    test('a pool that receives it from workers can be stopped', async () => {
      const [pool, gate] = [makePool(kind, { maxWorkers: 2 }), new Gate()]
      const futures = [1, 2].map(() => pool.schedule(tasks.makeLarge, { args: [60 * MB, gate.path] }))
      await gate.whenArrived(2)
      pool.stop()
      await settled(pool.join(), 'the pool to end')
      expect(futures.every((future) => future.done())).toBe(true)
      if (kind === 'thread')
        expect((await settled(Promise.all(futures))).map(({ byteLength }) => byteLength)).toEqual([60 * MB, 60 * MB])
    })

    test('a pool can be closed, and accepted calls are done', async () => {
      const pool = solo(kind)
      const future = pool.schedule(tasks.large, { args: [Buffer.alloc(60 * MB, 3)] })
      pool.close()
      await settled(pool.join(), 'the pool to end')
      expect(await settled(future)).toMatchObject({ length: 60 * MB, first: 3, last: 3 })
    })

    test('a map can be cancelled', async () => {
      const pool = makePool(kind, { maxWorkers: 2 })
      const items = Array.from({ length: 10 }, () => Buffer.alloc(10 * MB))
      const map = pool.map(tasks.echo, items)
      await settled(map[Symbol.asyncIterator]().next())
      map.cancel()
      expect(await settled(pool.schedule(tasks.add, { args: [1, 1] }))).toBe(2)
      expect(pool.stats().pending).toBe(0)
    })

    if (kind === 'process') {
      test('its worker can die, and a call that has not started runs in another', async () => {
        const pool = solo(kind)
        const { pid } = await settled(pool.schedule(tasks.where))
        const future = pool.schedule(tasks.lengthOf, { args: [Buffer.alloc(100 * MB)] })
        process.kill(pid, 'SIGKILL')
        const [outcome] = await settled(Promise.allSettled([future]))
        // If the worker had already started the call, the call fails with it.
        if (outcome?.status === 'fulfilled') expect(outcome.value).toBe(100 * MB)
        else expect(outcome?.reason).toMatchObject({ code: 'ERR_PEBBLE_PROCESS_EXPIRED' })
        expect(await settled(pool.schedule(tasks.add, { args: [1, 1] }))).toBe(2)
      })
    }
  })
}
