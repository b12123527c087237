import { pools, ProcessPool, ThreadPool } from 'pebble-ts'
import type { Kind } from './setup'

/** Registers pools of one worker as `solo-thread` and `solo-process` for the tests of a file: one call at a time. */
export function useSoloPools(): void {
  beforeAll(() => {
    pools.register('solo-thread', new ThreadPool({ maxWorkers: 1 }))
    pools.register('solo-process', new ProcessPool({ maxWorkers: 1 }))
  })
}

export const ownError = (kind: Kind): string => (kind === 'thread' ? 'ThreadExpired' : 'ProcessExpired')
