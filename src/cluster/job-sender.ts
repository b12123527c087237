/** Adds the jobs of one turn of the event loop together. */
import { CallState } from '../dispatch/call'
import { after, clearAfter } from '../utils/after'
import { now, setImmediate } from '../utils/clock'
import { reportFailure } from '../utils/failures'
import type { CallerEngine, NewJob } from './engine'
import type { QueueCall } from './queue-call'
import { unreachableError } from './sentences'

interface SenderHooks {
  added(call: QueueCall): void
  failed(call: QueueCall, error: Error): void
}

export class JobSender {
  readonly #engine: CallerEngine
  readonly #connectTimeout: number
  readonly #hooks: SenderHooks
  #unsent: Array<readonly [call: QueueCall, job: NewJob]> = []

  /** @param options `connectTimeout`: how long the queue may take to accept a call, in ms */
  constructor(options: { engine: CallerEngine; connectTimeout: number }, hooks: SenderHooks) {
    this.#engine = options.engine
    this.#connectTimeout = options.connectTimeout
    this.#hooks = hooks
  }

  push(call: QueueCall, job: NewJob): void {
    this.#unsent.push([call, job])
    if (this.#unsent.length === 1) setImmediate(() => this.send())
  }

  send(): void {
    const sending = this.#unsent.filter(([call]) => call.state !== CallState.Settled)
    this.#unsent = []
    if (sending.length === 0) return
    const calls = sending.map(([call]) => call)
    const timer = after(this.#connectTimeout, () => this.#failed(calls, undefined))
    this.#engine
      .add(sending.map(([, job]) => job))
      .then(
        () => this.#added(calls),
        (error: unknown) => this.#failed(calls, error),
      )
      .finally(() => clearAfter(timer))
      .catch(reportFailure)
  }

  #added(calls: readonly QueueCall[]): void {
    for (const call of calls) {
      call.isAdded = true
      call.heardAt = now()
      if (call.limits.id !== undefined) call.polls = true // another program may get the replies
      this.#hooks.added(call)
    }
  }

  #failed(calls: readonly QueueCall[], cause: unknown): void {
    for (const call of calls) {
      if (!call.isAdded) this.#hooks.failed(call, unreachableError(call.label, this.#connectTimeout, cause))
    }
  }
}
