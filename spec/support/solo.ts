import { pools, ProcessPool, ThreadPool, type PoolOptions } from 'pebble-ts'
import type { Kind } from './setup'

/** Registers pools of one worker as `solo-thread` and `solo-process` for the tests of a file: one call at a time. */
export function useSoloPools(options: PoolOptions = {}): void {
  beforeAll(() => {
    pools.register('solo-thread', new ThreadPool({ maxWorkers: 1, ...options }))
    pools.register('solo-process', new ProcessPool({ maxWorkers: 1, ...options }))
  })
}

/** The class of the error for a worker of that kind that died. */
export const ownError = (kind: Kind): string => (kind === 'thread' ? 'ThreadExpired' : 'ProcessExpired')
