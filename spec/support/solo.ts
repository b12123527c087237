import { pools, ProcessPool, ThreadPool, type PoolOptions } from 'pebble-ts'
import type { Kind } from './setup'

/** Registers pools with one worker as `solo-thread` and `solo-process` for a file. They run one call at a time. */
export function useSoloPools(options: PoolOptions = {}): void {
  beforeAll(() => {
    pools.register('solo-thread', new ThreadPool({ maxWorkers: 1, ...options }))
    pools.register('solo-process', new ProcessPool({ maxWorkers: 1, ...options }))
  })
}

/** The name of the error for a worker of that kind that has died. */
export const ownError = (kind: Kind): string => (kind === 'thread' ? 'ThreadExpired' : 'ProcessExpired')
