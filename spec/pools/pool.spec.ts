import { CancelledError, pools, type Future, type ThreadPool } from 'pebble-ts'
import * as tasks from '../fixtures/pools/tasks'
import { Gate } from '../support/gate'
import { forEachKind } from '../support/setup'
import { failure, settled } from '../support/until'
import { endless, makePool, solo, type AnyPool } from '../suites/pool-kit'

forEachKind('a call that still runs', (kind) => {
  /** Returns an object, because a promise of the future itself would wait for its result. */
  async function running(pool: AnyPool): Promise<{ future: Future<unknown> }> {
    const gate = new Gate()
    const future = endless(pool.schedule(tasks.spin, { args: [gate.path] }))
    await gate.whenArrived()
    return { future }
  }

  test.each([false, true])('is stopped by stop({ force: true }) (stopped before: %s)', async (stoppedBefore) => {
    const pool = solo(kind)
    const { future } = await running(pool)
    if (stoppedBefore) pool.stop()
    expect(future.done()).toBe(stoppedBefore && kind === 'process')
    pool.stop({ force: true })
    expect(future.cancelled()).toBe(true)
    expect(await failure(future)).toBeInstanceOf(CancelledError)
    await settled(pool.join())
  })

  test('is stopped by pools.shutdown({ timeout }) when the timeout has passed', async () => {
    const pool = solo(kind)
    pools.register('slow', pool as ThreadPool)
    const { future } = await running(pool)
    await settled(pools.shutdown({ timeout: 50 }))
    expect(await failure(future)).toBeInstanceOf(CancelledError)
    expect([pool.active, pool.stats().workers, pools.get('slow')]).toEqual([false, 0, undefined])
  })

  test('is finished within the limit of pools.shutdown()', async () => {
    const pool = solo(kind)
    pools.register('quick', pool as ThreadPool)
    const future = pool.schedule(tasks.add, { args: [1, 2] })
    await settled(pools.shutdown({ timeout: 60_000 }))
    expect(await settled(future)).toBe(3)
  })
})

forEachKind('a pool', (kind) => {
  test.each([1, 'text', null, [1, 2], new Date(0), new Map(), new Uint8Array(2)])(
    'refuses schedule(fn, %p) and tells where arguments go',
    (argument) => {
      const call = (): unknown => makePool(kind).schedule(tasks.add, argument as never)
      expect(call).toThrow(TypeError)
      expect(call).toThrow(': arguments go into `args`, as in `schedule(fn, { args: [1, 2] })`.')
    },
  )

  test('refuses wrong options and tells the unit of durations', async () => {
    const pool = makePool(kind)
    expect(() => pool.stop({ forced: true } as never)).toThrow('Unknown option `forced`; did you mean `force`?')
    expect(() => pool.schedule(tasks.add, { args: [1, 2], timeout: '5s' as never })).toThrow(
      new TypeError('Expected `timeout` to be a positive number, got `"5s"` (string); it is in milliseconds'),
    )
    const error = await failure(pools.shutdown({ timeout: -1 }))
    expect(error).toEqual(new RangeError('Expected `timeout` to be a number, at least 0, got `-1` (number)'))
  })
})

forEachKind('an argument whose getter', (kind) => {
  test('stops the pool: its call is cancelled, and the pool ends', async () => {
    const pool = solo(kind)
    const argument = {
      get value(): number {
        pool.stop({ force: true })
        return 1
      },
    }
    const future = endless(pool.schedule(tasks.echo, { args: [argument] }))
    expect(await failure(future)).toBeInstanceOf(CancelledError)
    await settled(pool.join())
  })

  test('aborts the signal of its map: the element is cancelled, with the reason as the cause', async () => {
    const pool = solo(kind)
    const controller = new AbortController()
    const element = {
      get value(): number {
        controller.abort('enough')
        return 1
      },
    }
    const map = pool.map(tasks.echo, [element, 2], { signal: controller.signal })
    expect(await failure(map.toArray())).toMatchObject({ name: 'AbortError', cause: 'enough' })
    expect(map.cancelled()).toBe(true)
    pool.close()
    await settled(pool.join())
  })
})
