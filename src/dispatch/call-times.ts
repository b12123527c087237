/**
 * When calls are queued, start and end: for `pool.stats()`, and for whoever subscribed to the channels of
 * `diagnostics/`. With subscribers every call is timed, without a sample of a flood.
 */
import {
  callQueued,
  callsAreWatched,
  callSettled,
  callStarted,
  onThisClock,
  type CallEvent,
  type WorkerEvent,
  workerExited,
  workerStarted,
} from '../diagnostics/events'
import type { WorkerExit } from '../channel/channel'
import { after, clearAfter, type Timer } from '../utils/after'
import { runOutside } from '../utils/async-context'
import { Budget } from '../utils/budget'
import { monotonic, SlotState } from '../wire/slots'
import { CallState, type Call } from './call'
import type { WorkerManager } from './worker-manager'
import { Durations } from './durations'
import type { WorkerHandle } from './worker-handle'

/** Calls that may be timed in a burst without a subscriber, and how many more per ms. */
const BURST = 2000
const PER_MS = 10
/** How often the watch for bodies that have started looks, in ms, while somebody subscribes to that. */
const LOOK_EVERY = 5

const budget = new Budget(BURST, PER_MS, monotonic)

/** What is known of one call, in ms of {@link monotonic}. */
export interface CallTimes {
  readonly queuedAt: number
  startedAt: number | undefined
  /** How long its body ran, where its worker could tell. */
  duration: number | undefined
  /** That it started was published. */
  startPublished: boolean
}

export class CallTimer {
  /** From the acceptance of a call to the start of its body. */
  readonly queued = new Durations()
  /** How long bodies ran. */
  readonly ran = new Durations()
  readonly #pool: string
  readonly #workers: WorkerManager
  #watch: Timer | undefined

  constructor(pool: string, workers: WorkerManager) {
    this.#pool = pool
    this.#workers = workers
  }

  accepted(call: Call): void {
    if (!callsAreWatched() && !budget.take()) return
    call.times = { queuedAt: monotonic(), startedAt: undefined, duration: undefined, startPublished: false }
    if (callQueued.hasSubscribers) callQueued.publish(this.#event(call, call.times))
    if (callStarted.hasSubscribers) this.#checkSoon()
  }

  /** Its worker tells how long it ran: it is about to be settled. */
  measured(call: Call, duration: number): void {
    if (!call.times) return
    this.noteStart(call)
    call.times.duration = duration
  }

  /** Looks whether the body has started; while the slot is the call's own. */
  noteStart(call: Call): void {
    const { times, worker } = call
    if (!times || times.startedAt !== undefined || !worker) return
    const state = worker.channel.slots.state(call.sequence)
    if (state === SlotState.Started || state === SlotState.Done) this.#started(call, times, worker)
  }

  settled(call: Call, state: 'finished' | 'failed' | 'cancelled', value: unknown): void {
    const { times } = call
    if (!times) return
    this.noteStart(call)
    const now = monotonic()
    const { startedAt } = times
    const duration = startedAt === undefined ? null : (times.duration ?? now - startedAt)
    if (startedAt !== undefined) this.queued.record(startedAt - times.queuedAt)
    if (duration !== null) this.ran.record(duration)
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

  workerStarted(worker: WorkerHandle): void {
    if (!workerStarted.hasSubscribers) return
    workerStarted.publish({ ...this.#worker(worker), startedAt: onThisClock(monotonic()) })
  }

  workerExited(worker: WorkerHandle, { exitCode, signal }: WorkerExit): void {
    if (!workerExited.hasSubscribers) return
    const { outcomes: calls, ending: expected } = worker
    const exitedAt = onThisClock(monotonic())
    workerExited.publish({ ...this.#worker(worker), exitedAt, exitCode, signal, expected, calls })
  }

  #worker({ channel, name }: WorkerHandle): WorkerEvent {
    return { pool: this.#pool, kind: channel.kind, name, id: channel.id }
  }

  #started(call: Call, times: CallTimes, worker: WorkerHandle): void {
    times.startedAt = Math.max(times.queuedAt, worker.channel.slots.startedAt(call.sequence))
    if (times.startPublished || !callStarted.hasSubscribers) return
    times.startPublished = true
    const startedAt = onThisClock(times.startedAt)
    callStarted.publish({ ...this.#event(call, times), startedAt, worker: this.#worker(worker) })
  }

  #event(call: Call, { queuedAt }: CallTimes): CallEvent {
    const { future, label, kind } = call
    return { id: future.id, label, number: future.number, pool: this.#pool, kind, queuedAt: onThisClock(queuedAt) }
  }

  /** Only the slots tell that a body runs: while somebody wants to know, and calls are under way, they are looked at. */
  #checkSoon(): void {
    this.#watch ??= runOutside(() => after(LOOK_EVERY, () => this.#check()).unref(), undefined)
  }

  #check(): void {
    clearAfter(this.#watch)
    this.#watch = undefined
    const calls = this.#workers.all().flatMap((worker) => worker.calls())
    for (const call of calls) if (call.state === CallState.Sent) this.noteStart(call)
    if (calls.length > 0 && callStarted.hasSubscribers) this.#checkSoon()
  }
}
