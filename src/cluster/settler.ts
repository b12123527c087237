/**
 * Settles the calls of a caller by replies and records.
 *
 *   reply: a hint ────────── signed? ── no ──► the record is read
 *                              │ yes
 *   record: the truth ──► verdict ──► settled, once: the ledger lets the first one win
 *
 * Other programs may write to the channel of replies, so a reply without a signature settles nothing.
 */
import { outcomeError, type CallLedger } from '../dispatch/call-ledger'
import { CancelledError } from '../errors'
import { monotonic } from '../utils/clock'
import { MessageKind } from '../wire/messages'
import type { CallClock } from './call-clock'
import type { JobRecord } from './engine'
import { openOutcome, openProgress, type Outcome, type Secrets } from './envelope'
import type { QueueCall } from './queue-call'
import type { Reply } from './replies'
import * as say from './sentences'
import { judge, startsOf } from './verdict'

export class Settler {
  readonly #ledger: CallLedger
  readonly #clock: CallClock
  readonly #secrets: Secrets
  readonly #queue: string

  constructor(ledger: CallLedger, clock: CallClock, { secrets, queue }: { secrets: Secrets; queue: string }) {
    this.#ledger = ledger
    this.#clock = clock
    this.#secrets = secrets
    this.#queue = queue
  }

  /** Applies a reply. `false`: its record has to be read. */
  reply(call: QueueCall, reply: Reply): boolean {
    if (reply.t === 'active') return this.#started(call, reply.w, reply.a)
    if (reply.t !== 'progress' && reply.t !== 'ended') return false
    if (reply.t === 'progress') return this.#progress(call, reply.o)
    const outcome = reply.o === undefined ? undefined : this.#open(openOutcome, call.id, reply.o)
    if (outcome instanceof Error || outcome === undefined) return false
    call.attempt = Math.max(Number(reply.a) || 0, call.attempt)
    this.#conclude(call, outcome)
    return true
  }

  /** Applies a record. */
  record(call: QueueCall, record: JobRecord): void {
    call.heardAt = monotonic()
    try {
      const verdict = judge(record)
      if (verdict === 'ended') this.#ended(call, record)
      else if (verdict === 'lost') this.#ledger.fail(call, say.lostError(call.label, call.machine))
      else if (verdict === 'gone') this.#ledger.fail(call, say.goneError(call, this.#queue))
      else this.#pending(call, record, verdict === 'active')
    } catch (error) {
      this.#ledger.fail(call, error) // the record does not belong to a call
    }
  }

  #started(call: QueueCall, machine: unknown, attempt: unknown): boolean {
    call.isActive = true
    if (typeof machine === 'string') call.machine = machine
    call.attempt = Math.max(Number(attempt) || 0, call.attempt)
    this.#clock.started(call)
    return true
  }

  #ended(call: QueueCall, record: JobRecord): void {
    const { outcome = '' } = record
    call.attempt = Math.max(startsOf(record), call.attempt)
    if (/^job stalled more than/.test(outcome)) {
      this.#ledger.fail(call, say.lostError(call.label, call.machine)) // BullMQ has written why it failed
      return
    }
    const opened = this.#open(openOutcome, call.id, outcome)
    if (opened instanceof Error) this.#ledger.fail(call, opened)
    else this.#conclude(call, opened)
  }

  #open(read: typeof openOutcome, id: string, text: string): Outcome | Error {
    try {
      return read(id, text, this.#secrets)
    } catch (error) {
      return error as Error
    }
  }

  #pending(call: QueueCall, { progress }: JobRecord, isActive: boolean): void {
    call.isActive = isActive
    const { o } = (progress || {}) as { readonly o?: unknown }
    if (typeof o === 'string') this.#progress(call, o)
  }

  /** Progress arrives as a reply, and is also in the record. */
  #progress(call: QueueCall, text: string): boolean {
    if (call.lastProgress === text) return true
    const opened = this.#open(openProgress, call.id, text)
    if (opened instanceof Error) return false
    call.lastProgress = text
    this.#ledger.event(call, opened.message)
    return true
  }

  /** Settles a call with its outcome. */
  #conclude(call: QueueCall, { message, events, worker, pid }: Outcome): void {
    try {
      call.isOver = true
      call.machine = worker
      call.remotePid = pid
      for (const event of events) this.#ledger.event(call, event)
      this.#clock.measured(call, message.duration)
      const error = message.kind === MessageKind.Thrown ? outcomeError(message, call.label) : undefined
      if (error instanceof CancelledError) this.#ledger.cancel(call, error)
      else if (error) this.#ledger.fail(call, error)
      else this.#ledger.conclude(call, message)
    } catch (error) {
      this.#ledger.fail(call, error)
    }
  }
}
