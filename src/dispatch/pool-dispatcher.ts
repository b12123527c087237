/**
 * The interface between a pool and what runs its calls. A pool packs calls and hands them over; it does not know where
 * they run.
 *
 *   Pool ──► PoolDispatcher ◄── Dispatcher        the workers of this program
 *                           ◄── QueueDispatcher   worker machines, behind a queue (`cluster/`)
 */
import type { ControlMessage } from '../wire/messages'
import type { Call, CallDispatcher } from './call'
import type { DurationStats } from './durations'

/** How many calls a pool has, by state. */
export interface CallCounts {
  /** Calls that were accepted and are not settled. */
  readonly pending: number
  readonly settled: number
}

/** The numbers of a pool that only its dispatcher knows. */
export interface DispatcherStats {
  readonly workers: number
  readonly idle: number
  readonly running: number
  readonly started: number
  readonly queueTime: DurationStats
  readonly runTime: DurationStats
}

export interface PoolDispatcher extends CallDispatcher {
  readonly ledger: CallCounts
  /** Whether it cannot run calls any more. */
  readonly broken: boolean
  /** Takes a call. Its future settles in any case. */
  submit(call: Call): void
  /** Sends a message to the worker that has the call. `false`: no worker has it, or messages cannot reach it. */
  tell(call: Call, message: (sequence: number) => ControlMessage): boolean
  /** Cancels all calls that have not started, now and later; with `alsoRunning`, those that run, too. */
  stop(alsoRunning: boolean): void
  /** Ends once every call is settled. */
  end(): Promise<void>
  /** Ends the workers: idle ones now, the others when their calls are done. Later calls start new ones. */
  retire(): void
  stats(): DispatcherStats
  /** How long the oldest call whose body has not started has waited, in ms; 0 if no call waits. */
  oldestQueued(): number
}
