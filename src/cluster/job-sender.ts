/** Adds the jobs of one turn of the event loop together, in parts if they are many. */
import { CallState } from '../dispatch/call'
import { after, clearAfter } from '../utils/after'
import { monotonic, setImmediate } from '../utils/clock'
import { reportFailure } from '../utils/failures'
import { isConnectionError } from './connection'
import type { CallerEngine, NewJob } from './engine'
import type { QueueCall } from './queue-call'
import { unreachableError } from './sentences'

/** The time between two attempts, in ms. */
const AGAIN_AFTER = 200

/**
 * Jobs that are added together at most. More would keep the engine, and this thread, busy for longer than the limit.
 */
const MOST = 1000

type Unsent = readonly [call: QueueCall, job: NewJob]
const callsOf = (part: readonly Unsent[]): QueueCall[] => part.map(([call]) => call)

interface SenderHooks {
  added(call: QueueCall): void
  failed(call: QueueCall, error: Error): void
}

export class JobSender {
  readonly #engine: CallerEngine
  readonly #connectTimeout: number
  readonly #hooks: SenderHooks
  #unsent: Unsent[] = []
  /** The jobs that are added part by part: the part that is being sent, and the parts behind it. */
  #rest: readonly Unsent[] = []

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
    if (this.#rest.length === 0 && sending.length <= MOST) void this.#sendPart(sending)
    else {
      this.#rest = this.#rest.concat(sending)
      if (this.#rest.length === sending.length) void this.#sendRest()
    }
  }

  /** Sends one part after the other. If the queue does not answer for one part, the parts behind it fail, too. */
  async #sendRest(): Promise<void> {
    while (this.#rest.length > 0) {
      const part = this.#rest.slice(0, MOST)
      const isAnswered = await this.#sendPart(part)
      const left = this.#rest.slice(part.length) // calls of later turns may have come behind it meanwhile
      this.#rest = isAnswered ? left : []
      if (!isAnswered) this.#failed(callsOf(left), this.#engine.problem())
    }
  }

  /** @returns whether the queue has answered within the limit */
  #sendPart(part: readonly Unsent[]): Promise<boolean> {
    const calls = callsOf(part)
    return new Promise((resolve) => {
      let lost: unknown // the last error of the connection
      const late = (): void => {
        this.#failed(calls, lost ?? this.#engine.problem())
        resolve(false)
      }
      // the answer may have come while this thread was busy
      const timer = after(this.#connectTimeout, () => void setImmediate(() => !isDone && late()))
      let isDone = false
      const done = (): void => {
        isDone = true
        clearAfter(timer)
        resolve(true)
      }
      const jobs = part.map(([, job]) => job)
      this.#add(calls, jobs, (error) => (lost = error))
        .finally(done)
        .catch(reportFailure)
    })
  }

  /**
   * If the connection is lost meanwhile, the jobs are added again. Jobs that have arrived stay as they are.
   *
   * @param lost is told the error of each attempt that fails
   */
  async #add(calls: readonly QueueCall[], jobs: readonly NewJob[], lost: (error: unknown) => void): Promise<void> {
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
        lost(error)
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
