/** Adds the jobs of one turn of the event loop together. */
import { CallState } from '../dispatch/call'
import { after, clearAfter } from '../utils/after'
import { monotonic, setImmediate } from '../utils/clock'
import { reportFailure } from '../utils/failures'
import { isConnectionError } from './connection'
import type { CallerEngine, NewJob } from './engine'
import type { QueueCall } from './queue-call'
import { unreachableError } from './sentences'

/** Between two tries, in ms. */
const AGAIN_AFTER = 200

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
    const timer = after(this.#connectTimeout, () => this.#failed(calls, this.#engine.problem()))
    this.#add(
      calls,
      sending.map(([, job]) => job),
    )
      .finally(() => clearAfter(timer))
      .catch(reportFailure)
  }

  /** If the connection is lost meanwhile, the jobs are added again: those that have arrived are left as they are. */
  async #add(calls: readonly QueueCall[], jobs: readonly NewJob[]): Promise<void> {
    for (;;) {
      try {
        await this.#engine.add(jobs)
        this.#added(calls)
        return
      } catch (error) {
        const isOver = calls.every((call) => call.state === CallState.Settled)
        if (isOver || !isConnectionError(error)) {
          this.#failed(calls, error)
          return
        }
      }
      await new Promise<void>((resolve) => after(AGAIN_AFTER, resolve))
    }
  }

  #added(calls: readonly QueueCall[]): void {
    for (const call of calls) {
      call.addedAt = call.heardAt = monotonic()
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
