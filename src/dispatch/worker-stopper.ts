import { after } from '../utils/after'
import { packReason } from '../wire/errors'
import type { Call } from './call'
import type { Crew } from './crew'
import type { Member } from './member'

/** What becomes of the calls of a worker that is stopped. */
export interface StopperHost {
  /** Queues calls again that were revoked, in their old order. */
  requeue(calls: Call[]): void
  /** Sends queued calls to workers. */
  pump(): void
}

/** Stops workers for the sake of one call, or because they do not answer. No other call is lost with them. */
export class WorkerStopper {
  readonly #crew: Crew
  readonly #concurrency: number
  readonly #host: StopperHost

  constructor(crew: Crew, concurrency: number, host: StopperHost) {
    this.#crew = crew
    this.#concurrency = concurrency
    this.#host = host
  }

  /**
   * Stops a running body: softly if the call has `grace`, otherwise by the end of its worker. The call is settled before
   * that: the worker may turn out to have skipped it, and it is not queued again then.
   *
   * @param cause the reason of the signal that cancelled the call
   */
  stop(call: Call, reason: string, cause?: unknown): void {
    const member = call.member as Member
    if (member.gone) return
    const { grace } = call.limits
    if (grace === undefined || grace === 0) {
      this.#kill(member, call)
      return
    }
    const packed = cause === undefined ? undefined : packReason(cause)
    member.channel.send({ type: 'abort', sequence: call.sequence, reason, ...(packed && { cause: packed }) })
    call.graceTimer = after(grace, () => this.#kill(member, call))
  }

  /** Stops a worker that starts none of its calls. If it starts one at this very moment, it stays. */
  unresponsive(member: Member): void {
    const taken = member.takeBackAll()
    for (const call of taken) call.silences += 1
    if (!member.calls().some((call) => member.hasStarted(call))) this.replace(member)
    this.#host.requeue(taken)
    this.#host.pump()
  }

  /** Ends the worker at once. The calls that it has not started run elsewhere, and another worker can start. */
  replace(member: Member): void {
    this.#crew.kill(member)
    this.#crew.stopped()
    this.#host.requeue(member.takeBackAll())
    this.#host.pump()
  }

  /** Whether the body of the call has ended, though its outcome may not have arrived. */
  isDone(member: Member, call: Call): boolean {
    return this.#concurrency === 1 && member.isPast(call)
  }

  /**
   * First, nothing more can start in the worker. Then the call is looked up once more: if it has just ended, its successor
   * must not lose the worker, even if the outcome is still on its way.
   */
  #kill(member: Member, call: Call): void {
    const taken = member.takeBackAll()
    member.drain()
    if (member.entry(call.sequence) === call && !this.isDone(member, call)) this.replace(member)
    this.#host.requeue(taken)
    this.#host.pump()
  }
}
