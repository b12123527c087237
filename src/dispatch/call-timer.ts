/**
 * When calls are queued, start and end: for `pool.stats()` and for the diagnostics channels. Without subscribers, a
 * budget limits how many calls are timed: all of them up to 2000 per second, a sample above that. With subscribers, and
 * with a span of OpenTelemetry, every call is timed.
 */
import {
  callQueued,
  callsAreWatched,
  callSettled,
  callStarted,
  onThisClock,
  publishSoon,
  type CallEvent,
  type WorkerEvent,
  workerExited,
  workerStarted,
} from '../diagnostics/events'
import type { WorkerExit } from '../channel/channel'
import { after, type Timer } from '../utils/after'
import { runOutside } from '../utils/async-context'
import { Budget } from '../utils/budget'
import { monotonic } from '../utils/clock'
import { SlotState } from '../wire/slots'
import { CallState, type Call, type CallTimes, type CallWorker } from './call'
import type { WorkerManager } from './worker-manager'
import { Durations } from './durations'
import type { DispatcherStats } from './pool-dispatcher'
import type { WorkerHandle } from './worker-handle'
import { WorkerState } from './worker-state'

/** Calls that may be timed in a burst without a subscriber, and how many more per ms. */
const BURST = 500
const PER_MS = 2
/** How often the slots are checked for bodies that have started, while `call:started` has subscribers, in ms. */
const CHECK_EVERY = 5

const budget = new Budget(BURST, PER_MS, monotonic)

export class CallTimer {
  /** From the acceptance of a call to the start of its body. */
  readonly queued = new Durations()
  /** How long bodies ran. */
  readonly ran = new Durations()
  readonly #pool: string
  readonly #workers: WorkerManager
  #checkTimer: Timer | undefined

  constructor(pool: string, workers: WorkerManager) {
    this.#pool = pool
    this.#workers = workers
  }

  /** The numbers of the pool: its workers, the calls that run, and the recorded times. */
  stats(): DispatcherStats {
    const workers = this.#workers.all()
    return {
      workers: workers.length,
      idle: this.#workers.assignable.filter((worker) => worker.inFlight === 0).length,
      running: workers.reduce((sum, worker) => sum + worker.calls().filter((call) => call.running()).length, 0),
      started: this.#workers.started,
      queueTime: this.queued.stats(),
      runTime: this.ran.stats(),
    }
  }

  accepted(call: Call): void {
    if (!callsAreWatched() && call.span === undefined && (call.raw || !budget.take())) return // the program that made a raw call times it
    call.times = { queuedAt: monotonic(), startedAt: undefined, duration: undefined, startPublished: false }
    if (callQueued.hasSubscribers) callQueued.publish(this.#event(call, call.times))
    if (callStarted.hasSubscribers) this.#checkSoon()
  }

  /** The worker has reported how long the body ran. The call is settled next. */
  measured(call: Call, duration: number): void {
    if (!call.times) return
    this.#started(call, call.times)
    call.times.duration = duration
  }

  /** Notes the start of the body if the body has started. The slot must still belong to the call. */
  noteStart({ times, worker, sequence }: Call): void {
    if (!times || times.startedAt !== undefined || !worker) return
    const { slots } = worker.channel
    const state = slots.state(sequence)
    if (state === SlotState.Started || state === SlotState.Done)
      times.startedAt = Math.max(times.queuedAt, slots.startedAt(sequence))
  }

  settled(call: Call, state: 'finished' | 'failed' | 'cancelled', value: unknown): void {
    const { times } = call
    if (!times) return
    if (times.startedAt === undefined || callStarted.hasSubscribers) this.#started(call, times)
    const now = monotonic()
    const { startedAt } = times
    const duration = startedAt === undefined ? null : (times.duration ?? now - startedAt)
    if (startedAt !== undefined) this.queued.record(startedAt - times.queuedAt)
    if (duration !== null) this.ran.record(duration)
    call.span?.end({
      state,
      error: value,
      id: call.future.id,
      queued: (startedAt ?? now) - times.queuedAt,
      running: duration,
      worker: startedAt === undefined ? null : call.worker?.channel.id,
    })
    if (!callSettled.hasSubscribers) return
    callSettled.publish({
      ...this.#event(call, times),
      startedAt: startedAt === undefined ? null : onThisClock(startedAt),
      settledAt: onThisClock(now),
      duration,
      worker: startedAt !== undefined && call.worker ? this.#worker(call.worker) : null,
      state,
      error: state === 'finished' ? undefined : value,
    })
  }

  /**
   * Looks at the head of the queue and at the calls that were sent ahead. Above some thousands of calls per second, not
   * every call is timed: then this is the age of the oldest timed call.
   *
   * @returns how long the oldest call has waited, in ms; 0 if none waits
   */
  oldestQueued(queue: Iterable<Call>): number {
    let oldest = Infinity
    for (const { times } of queue) {
      if (!times) continue
      oldest = times.queuedAt
      break
    }
    for (const worker of this.#workers.all()) {
      for (const call of worker.calls()) {
        if (call.times && call.times.queuedAt < oldest && !call.running()) oldest = call.times.queuedAt
      }
    }
    return oldest === Infinity ? 0 : Math.max(0, monotonic() - oldest)
  }

  workerStarted(worker: WorkerHandle): void {
    if (!workerStarted.hasSubscribers) return
    publishSoon(workerStarted, { ...this.#worker(worker), startedAt: onThisClock(monotonic()) })
  }

  workerExited(worker: WorkerHandle, { exitCode, signal }: WorkerExit): void {
    if (!workerExited.hasSubscribers) return
    const expected = worker.state === WorkerState.Stopped
    const exitedAt = onThisClock(monotonic())
    const event = { ...this.#worker(worker), exitedAt, exitCode, signal, expected, calls: worker.outcomes }
    publishSoon(workerExited, event)
  }

  #worker({ channel, name }: CallWorker): WorkerEvent {
    return { pool: this.#pool, kind: channel.kind, name, id: channel.id }
  }

  /** Notes and publishes the start of the body if the body has started. */
  #started(call: Call, times: CallTimes): void {
    this.noteStart(call)
    const { worker } = call
    if (times.startedAt === undefined || !worker || times.startPublished || !callStarted.hasSubscribers) return
    times.startPublished = true
    const startedAt = onThisClock(times.startedAt)
    callStarted.publish({ ...this.#event(call, times), startedAt, worker: this.#worker(worker) })
  }

  #event(call: Call, { queuedAt }: CallTimes): CallEvent {
    const { future, label, kind } = call
    return { id: future.id, label, number: future.number, pool: this.#pool, kind, queuedAt: onThisClock(queuedAt) }
  }

  /** Workers send no message when a body starts. Only the slots show the start, so they have to be checked. */
  #checkSoon(): void {
    this.#checkTimer ??= runOutside(() => after(CHECK_EVERY, () => this.#check()).unref(), undefined)
  }

  #check(): void {
    this.#checkTimer = undefined
    const calls = this.#workers.all().flatMap((worker) => worker.calls())
    for (const call of calls) if (call.state === CallState.Sent && call.times) this.#started(call, call.times)
    if (calls.length > 0 && callStarted.hasSubscribers) this.#checkSoon()
  }
}
