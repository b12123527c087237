import { monotonic, SlotState } from '../wire/slots'
import { after, clearAfter } from '../utils/after'
import { setImmediate } from '../utils/clock'
import { guard } from '../utils/failures'
import { CallState, type Call } from './call'
import type { WorkerHandle } from './worker-handle'

/** Until the next look at a body that waits for its reader, in ms, if less than that is left: it may wait for long. */
const PAUSED = 50

/** Who acts on limits that passed. */
export interface DeadlineListener {
  /** Whether the body has ended, though its outcome has not arrived. */
  isDone(worker: WorkerHandle, call: Call): boolean
  /** The body ran for its `timeout`. */
  timedOut(call: Call): void
  /** The call waited for its `queueTimeout`. */
  queueTimedOut(call: Call): void
}

/**
 * Limits. `timeout` counts how long the body works: from its start, without the time that a stream waits for its reader.
 * Only the worker knows that: one timer per worker goes off when a limit could at the earliest have passed, and looks at
 * the slots. A stream of quick calls costs no timer each.
 */
export class Deadlines {
  readonly #listener: DeadlineListener

  constructor(keeper: DeadlineListener) {
    this.#listener = keeper
  }

  /** Watches `queueTimeout`. */
  accepted(call: Call): void {
    const { queueTimeout } = call.limits
    if (queueTimeout === undefined) return
    const timer = after(queueTimeout, () => this.#listener.queueTimedOut(call))
    call.whenSettled(() => clearAfter(timer))
  }

  /** Watches `timeout`. */
  sent(worker: WorkerHandle, call: Call): void {
    const { timeout } = call.limits
    if (timeout !== undefined) this.#arm(worker, monotonic() + timeout)
  }

  workerExited(worker: WorkerHandle): void {
    if (!worker.deadline) return
    clearAfter(worker.deadline.timer)
    worker.deadline = undefined
  }

  #arm(worker: WorkerHandle, at: number): void {
    if (worker.deadline) {
      if (worker.deadline.at <= at) return // it looks again then
      clearAfter(worker.deadline.timer)
    }
    const timer = after(at - monotonic(), () => {
      worker.drain()
      // An outcome that is in the pipe counts, however long this thread was busy: let the event loop read it first.
      setImmediate(() => guard(() => this.#check(worker)))
    })
    timer.unref() // the call's worker holds the program, not its limit
    worker.deadline = { at, timer }
  }

  #check(worker: WorkerHandle): void {
    worker.deadline = undefined
    worker.drain()
    const now = monotonic()
    let next = Infinity
    for (const call of worker.calls()) {
      const { timeout } = call.limits
      if (timeout === undefined || call.state === CallState.Settled) continue
      if (call.worker !== worker) continue // it was taken back, for the sake of one that has just expired
      const started = worker.channel.slots.state(call.sequence) === SlotState.Started
      const left = timeout - (started ? worker.channel.slots.worked(call.sequence, now) : 0)
      if (left <= 0 && this.#listener.isDone(worker, call)) continue
      if (left <= 0) this.#listener.timedOut(call)
      else next = Math.min(next, now + Math.max(left, worker.channel.slots.isPaused(call.sequence) ? PAUSED : 0))
    }
    if (next < Infinity) this.#arm(worker, next)
  }
}
