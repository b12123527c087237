import { ProcessPool, ThreadPool, type Future, type PoolOptions, type ProcessPoolOptions } from 'pebble-ts'
import '../support/setup'
import type { Kind } from '../support/setup'
import { settled } from '../support/until'

/** One type for both kinds. Specs of what differs cast it. */
export type AnyPool = Omit<ThreadPool, 'submit'>

type Options = PoolOptions & Pick<ProcessPoolOptions, 'context'>

const made = new Set<AnyPool>()

// Calls that may never end if the spec fails. A thread pool would wait for them.
const running = new Set<Future<unknown>>()

/** Makes a pool that is stopped when the test ends. */
export function makePool(kind: Kind, options: Options = {}): AnyPool {
  const pool = kind === 'thread' ? new ThreadPool(options) : new ProcessPool(options)
  made.add(pool)
  return pool
}

/** Makes a pool of one worker, which runs one call at a time. */
export const solo = (kind: Kind, options: Options = {}): AnyPool => makePool(kind, { maxWorkers: 1, ...options })

/** Cancels the future when the test ends, if it is still running. */
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

/** Identifies the worker in which a call ran. */
export const idOf = ({ pid, threadId }: { pid: number; threadId: number }): string => `${pid}:${threadId}`
