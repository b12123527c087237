import type { Dispatcher } from '../dispatch/dispatcher'
import type { DurationStats } from '../dispatch/durations'

/** A pool at one moment. */
export interface PoolStats {
  readonly state: 'running' | 'closed' | 'stopped' | 'broken'
  /** Workers that have not exited, those on their way out included. */
  readonly workers: number
  /** Workers that have nothing to do. */
  readonly idle: number
  /** Calls that have not started, whether they wait here or ahead in a worker's pipe. */
  readonly queued: number
  /** Calls whose bodies are running. */
  readonly running: number
  /** Calls accepted and not settled. */
  readonly pending: number
  /** Calls settled since the pool was made, whatever came of them. */
  readonly settled: number
  /** Workers started since the pool was made. */
  readonly started: number
  /** How long calls waited until their bodies started. */
  readonly queueTime: DurationStats
  /** How long bodies ran. */
  readonly runTime: DurationStats
}

export function poolStats(dispatcher: Dispatcher, state: 'running' | 'closed' | 'stopped'): PoolStats {
  const { workers, ledger, timer } = dispatcher
  const running = workers.all().reduce((sum, worker) => sum + worker.calls().filter((call) => call.running()).length, 0)
  return {
    state: dispatcher.broken ? 'broken' : state,
    workers: workers.all().length,
    idle: workers.assignable.filter((member) => member.inFlight === 0).length,
    queued: ledger.pending - running,
    running,
    pending: ledger.pending,
    settled: ledger.settled,
    started: workers.started,
    queueTime: timer.queued.stats(),
    runTime: timer.ran.stats(),
  }
}
