import { monotonic, SlotState } from '../wire/slots'
import { after, clearAfter } from '../utils/after'
import { setImmediate } from '../utils/clock'
import { guard } from '../utils/failures'
import { CallState, type Call } from './call'
import type { Member } from './member'

/** Until the next look at a body that waits for its reader, in ms, if less than that is left: it may wait for long. */
const PAUSED = 50

/** Who acts on limits that passed. */
export interface DeadlineKeeper {
  /** Whether the body has ended, though its outcome has not arrived. */
  isDone(member: Member, call: Call): boolean
  /** The body ran for its `timeout`. */
  expired(call: Call): void
  /** The call waited for its `queueTimeout`. */
  overdue(call: Call): void
}

/**
 * Limits. `timeout` counts how long the body works: from its start, without the time that a stream waits for its reader.
 * Only the worker knows that: one timer per worker goes off when a limit could at the earliest have passed, and looks at
 * the slots. A stream of quick calls costs no timer each.
 */
export class Deadlines {
  readonly #keeper: DeadlineKeeper

  constructor(keeper: DeadlineKeeper) {
    this.#keeper = keeper
  }

  /** Watches `queueTimeout`. */
  accepted(call: Call): void {
    const { queueTimeout } = call.limits
    if (queueTimeout === undefined) return
    const timer = after(queueTimeout, () => this.#keeper.overdue(call))
    call.whenSettled(() => clearAfter(timer))
  }

  /** Watches `timeout`. */
  sent(member: Member, call: Call): void {
    const { timeout } = call.limits
    if (timeout !== undefined) this.#arm(member, monotonic() + timeout)
  }

  gone(member: Member): void {
    if (!member.deadline) return
    clearAfter(member.deadline.timer)
    member.deadline = undefined
  }

  #arm(member: Member, at: number): void {
    if (member.deadline) {
      if (member.deadline.at <= at) return // it looks again then
      clearAfter(member.deadline.timer)
    }
    const timer = after(at - monotonic(), () => {
      member.drain()
      // An outcome that is in the pipe counts, however long this thread was busy: let the event loop read it first.
      setImmediate(() => guard(() => this.#look(member)))
    })
    timer.unref() // the call's worker holds the program, not its limit
    member.deadline = { at, timer }
  }

  #look(member: Member): void {
    member.deadline = undefined
    member.drain()
    const now = monotonic()
    let next = Infinity
    for (const call of member.calls()) {
      const { timeout } = call.limits
      if (timeout === undefined || call.state === CallState.Settled) continue
      if (call.member !== member) continue // it was taken back, for the sake of one that has just expired
      const started = member.channel.slots.state(call.sequence) === SlotState.Started
      const left = timeout - (started ? member.channel.slots.worked(call.sequence, now) : 0)
      if (left <= 0 && this.#keeper.isDone(member, call)) continue
      if (left <= 0) this.#keeper.expired(call)
      else next = Math.min(next, now + Math.max(left, member.channel.slots.isPaused(call.sequence) ? PAUSED : 0))
    }
    if (next < Infinity) this.#arm(member, next)
  }
}
