/** The numbers of a pool: `pool.stats()`. */
import type { PoolDispatcher } from '../dispatch/pool-dispatcher'
import type { DurationStats } from '../dispatch/durations'

/** Numbers of a pool at one moment. */
export interface PoolStats {
  readonly state: 'running' | 'closed' | 'stopped' | 'broken'
  /** Workers that have not exited, those that are about to end included. */
  readonly workers: number
  /** Workers that have nothing to do. */
  readonly idle: number
  /** Calls whose bodies have not started, whether they wait here or were sent ahead to a worker. */
  readonly queued: number
  /** Calls whose bodies are running. */
  readonly running: number
  /** Calls that were accepted and are not settled. */
  readonly pending: number
  /** Calls that were settled since the pool was made, whatever their outcome. */
  readonly settled: number
  /** Workers that were started since the pool was made. */
  readonly started: number
  /** How long calls waited until their bodies started, in ms. */
  readonly queueTime: DurationStats
  /** How long bodies ran, in ms. */
  readonly runTime: DurationStats
}

export function poolStats(dispatcher: PoolDispatcher, state: 'running' | 'closed' | 'stopped'): PoolStats {
  const { ledger } = dispatcher
  const { workers, idle, running, started, queueTime, runTime } = dispatcher.stats()
  return {
    state: dispatcher.broken ? 'broken' : state,
    workers,
    idle,
    queued: ledger.pending - running,
    running,
    pending: ledger.pending,
    settled: ledger.settled,
    started,
    queueTime,
    runTime,
  }
}
