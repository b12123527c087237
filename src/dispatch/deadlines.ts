import { SlotState } from '../wire/slots'
import { after, clearAfter } from '../utils/after'
import { monotonic, setImmediate } from '../utils/clock'
import { guard } from '../utils/failures'
import { CallState, type Call } from './call'
import type { WorkerHandle } from './worker-handle'

/** The shortest time between two checks of a stream that waits for its reader, in ms. */
const PAUSED = 50

/**
 * How long before the `timeout` of a running body the replacement of its worker is started, in ms. With a short limit, it
 * is started when a quarter of the limit has passed: a start takes longer than the rest.
 */
const LEAD = 300
const LEAD_OF_SHORT = 3 / 4

/** What happens when a limit has passed. */
export interface DeadlineListener {
  /** Whether the body has ended, though its outcome has not arrived. */
  isDone(worker: WorkerHandle, call: Call): boolean
  /** The worker may be stopped soon: the `timeout` of a running body is near. */
  timeoutNear(): void
  /** The body ran for its `timeout`. */
  timedOut(call: Call): void
  /** The call waited for its `queueTimeout`. */
  queueTimedOut(call: Call): void
}

/**
 * The limits of calls. `timeout` counts how long the body works: from its start, without the time in which a stream waits
 * for its reader. Only the slots show that. There is one timer per worker: it fires at the earliest time at which a limit
 * can be near or pass, and checks the slots. So a quick call costs no timer of its own.
 */
export class Deadlines {
  readonly #listener: DeadlineListener

  constructor(listener: DeadlineListener) {
    this.#listener = listener
  }

  /** Starts `queueTimeout`. */
  accepted(call: Call): void {
    const { queueTimeout } = call.limits
    if (queueTimeout === undefined) return
    const timer = after(queueTimeout, () => this.#listener.queueTimedOut(call))
    call.whenSettled(() => clearAfter(timer))
  }

  /** Starts `timeout`. */
  sent(worker: WorkerHandle, call: Call): void {
    const { timeout } = call.limits
    if (timeout !== undefined) this.#arm(worker, monotonic() + timeout - leadOf(timeout))
  }

  workerExited(worker: WorkerHandle): void {
    if (!worker.deadline) return
    clearAfter(worker.deadline.timer)
    worker.deadline = undefined
  }

  #arm(worker: WorkerHandle, at: number): void {
    if (worker.deadline) {
      if (worker.deadline.at <= at) return // it checks all calls then
      clearAfter(worker.deadline.timer)
    }
    const timer = after(at - monotonic(), () => {
      worker.drain()
      // This thread may have been blocked. The event loop reads the outcomes that `drain()` could not read.
      setImmediate(() => guard(() => this.#check(worker)))
    })
    timer.unref() // the worker keeps the program alive
    worker.deadline = { at, timer }
  }

  #check(worker: WorkerHandle): void {
    worker.deadline = undefined
    worker.drain()
    const now = monotonic()
    let [next, isNear] = [Infinity, false]
    for (const call of worker.calls()) {
      const { timeout } = call.limits
      if (timeout === undefined || call.state === CallState.Settled) continue
      if (call.worker !== worker) continue // revoked, because its worker was stopped for another call
      const started = worker.channel.slots.state(call.sequence) === SlotState.Started
      const left = timeout - (started ? worker.channel.slots.worked(call.sequence, now) : 0)
      if (left <= 0 && this.#listener.isDone(worker, call)) continue
      if (left <= 0) {
        this.#listener.timedOut(call)
        continue
      }
      const lead = leadOf(timeout)
      isNear ||= started && left <= lead
      const wait = left > lead ? left - lead : left
      next = Math.min(next, now + Math.max(wait, worker.channel.slots.isPaused(call.sequence) ? PAUSED : 0))
    }
    if (isNear) this.#listener.timeoutNear()
    if (next < Infinity) this.#arm(worker, next)
  }
}

function leadOf(timeout: number): number {
  return Math.min(LEAD, LEAD_OF_SHORT * timeout)
}
