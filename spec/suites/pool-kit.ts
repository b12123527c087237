import { ProcessPool, ThreadPool, type Future, type PoolOptions, type ProcessPoolOptions } from 'pebble-ts'
import '../support/setup'
import type { Kind } from '../support/setup'
import { settled } from '../support/until'

/** Both kinds have one type here: where they differ, a spec says which it means. */
export type AnyPool = Omit<ThreadPool, 'submit'>

type Options = PoolOptions & Pick<ProcessPoolOptions, 'context'>

const made = new Set<AnyPool>()

// Calls of a spec that fails may have no end: a thread pool would wait for them.
const running = new Set<Future<unknown>>()

/** A pool that ends with the test. */
export function makePool(kind: Kind, options: Options = {}): AnyPool {
  const pool = kind === 'thread' ? new ThreadPool(options) : new ProcessPool(options)
  made.add(pool)
  return pool
}

/** A pool of one worker: one call at a time. */
export const solo = (kind: Kind, options: Options = {}): AnyPool => makePool(kind, { maxWorkers: 1, ...options })

/** A future that is cancelled when the test ends, should it still run. */
export function endless<T extends Future<unknown>>(future: T): T {
  running.add(future)
  return future
}

afterEach(async () => {
  for (const future of running) future.cancel()
  running.clear()
  const pools = [...made]
  made.clear()
  for (const pool of pools) pool.stop()
  await settled(Promise.all(pools.map((pool) => pool.join())), 'the pools of the test to end')
  for (const pool of pools) expect(pool.stats()).toMatchObject({ workers: 0, queued: 0, running: 0, pending: 0 })
})

/** The worker a call ran in, as one comparable value. */
export const idOf = ({ pid, threadId }: { pid: number; threadId: number }): string => `${pid}:${threadId}`
