import { getEventListeners } from 'node:events'
import type { Future } from 'pebble-ts'
import { usersOf } from '../../src/sync/lock-table'
import { until } from './until'

/** The number of waiters of a lock. */
export function waiting(lock: object): number {
  return usersOf(keyOf(lock))?.waiting ?? 0
}

export function inUse(lock: object): boolean {
  return usersOf(keyOf(lock)) !== undefined
}

/** The table drops a lock that has no users, so this number shows what a test has left behind. */
export { locksInUse } from '../../src/sync/lock-table'

export async function whenWaiting(lock: object, count: number): Promise<void> {
  await until(() => waiting(lock) === count, `${count} to wait for the lock; there are ${waiting(lock)}`)
}

export async function whenFree(lock: object): Promise<void> {
  await until(() => !inUse(lock), 'the lock to be free')
}

export const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length

function keyOf(lock: object): string {
  const state = (lock as Record<symbol, () => { key: string }>)[Symbol.for('pebble-ts.serialize')]
  return (state as () => { key: string }).call(lock).key
}

const started = new Set<Future<unknown>>()

/** Calls that end with their test, even one that fails: no later one waits for what they hold. */
export function ending<T extends Record<string, (...args: never[]) => Future<unknown>>>(calls: T): T {
  const tracked = Object.entries(calls).map(([name, call]) => [
    name,
    (...args: never[]) => {
      const future = call(...args)
      started.add(future)
      return future
    },
  ])
  return Object.fromEntries(tracked) as T
}

afterEach(() => {
  for (const future of started) future.cancel()
  started.clear()
})
