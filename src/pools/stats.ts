/** The numbers of a pool: `pool.stats()`. */
import type { Dispatcher } from '../dispatch/dispatcher'
import type { DurationStats } from '../dispatch/durations'
import { monotonic } from '../wire/slots'

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

export function poolStats(dispatcher: Dispatcher, state: 'running' | 'closed' | 'stopped'): PoolStats {
  const { workers, ledger, timer } = dispatcher
  const running = workers.all().reduce((sum, worker) => sum + worker.calls().filter((call) => call.running()).length, 0)
  return {
    state: dispatcher.broken ? 'broken' : state,
    workers: workers.all().length,
    idle: workers.assignable.filter((worker) => worker.inFlight === 0).length,
    queued: ledger.pending - running,
    running,
    pending: ledger.pending,
    settled: ledger.settled,
    started: workers.started,
    queueTime: timer.queued.stats(),
    runTime: timer.ran.stats(),
  }
}

/**
 * How long the oldest call whose body has not started has waited, in ms; 0 if no call waits.
 *
 * Looks at the head of the queue, and at the calls that were sent ahead. Above some thousands per second not every call is
 * timed (`dispatch/call-timer.ts`): then it is the age of the first one that is.
 */
export function oldestQueued({ workers, queue }: Dispatcher): number {
  let oldest = Infinity
  for (const { times } of queue) {
    if (!times) continue
    oldest = times.queuedAt
    break
  }
  for (const worker of workers.all()) {
    for (const call of worker.calls()) {
      if (call.times && call.times.queuedAt < oldest && !call.running()) oldest = call.times.queuedAt
    }
  }
  return oldest === Infinity ? 0 : Math.max(0, monotonic() - oldest)
}
