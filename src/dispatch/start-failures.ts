import type { WorkerExit } from '../channel/channel'
import { after, clearAfter, type Timer } from '../utils/after'
import { CallState } from './call'
import {
  brokenPoolError,
  initializerFailure,
  noWorkerError,
  startFailure,
  startTimeoutFailure,
  type Breakage,
} from './call-errors'
import type { CallLedger } from './call-ledger'
import type { CallQueue, QueueAccess } from './call-queue'
import type { WorkerHandle } from './worker-handle'
import type { WorkerManager } from './worker-manager'

/** The parts of a dispatcher that a failed start affects. */
export interface StartFailuresHost extends Pick<QueueAccess, 'pump'> {
  readonly workers: WorkerManager
  readonly ledger: CallLedger
  readonly queue: CallQueue
  /** The label of the initializer, if there is one. */
  readonly initializer: string | undefined
}

/**
 * What happens to calls if no worker starts.
 *
 *   the machine lacks something ──► another attempt after a pause ──► after 30 s of this: the waiting calls fail as `unavailable`
 *   any other reason, three times, or a failed initializer ─────────► the pool is broken: all calls that have not started fail
 */
export class StartFailures {
  readonly #host: StartFailuresHost
  #broken: Breakage | undefined
  #retryTimer: Timer | undefined

  constructor(host: StartFailuresHost) {
    this.#host = host
  }

  /** Why the pool takes no calls any more. */
  get broken(): Breakage | undefined {
    return this.#broken
  }

  /**
   * Calls wait: looks for a worker again after the pause. The timer keeps the program alive until then.
   *
   * @param pauseOfModule time until a module may be imported again, in ms; 0: there is none
   */
  retryLater(pauseOfModule: number): void {
    const pause = this.#host.workers.starts.pause || pauseOfModule
    if (pause === 0) return
    this.#retryTimer ??= after(pause, () => {
      this.#retryTimer = undefined
      this.#host.pump()
    })
  }

  /** @param givenUp too many workers in a row did not start; no other is started */
  workerExited(worker: WorkerHandle, exit: WorkerExit, givenUp: boolean): void {
    if (!givenUp && !this.#isHopeless()) return
    const failure = startFailure(worker.channel, exit, this.#host.initializer)
    if (givenUp) this.#break(failure)
    else this.#failWaiting(noWorkerError, failure)
  }

  initializerFailed(error: unknown): void {
    this.#break(initializerFailure(error, this.#host.initializer))
  }

  /** @param limit in ms */
  startTimedOut(limit: number): void {
    this.#break(startTimeoutFailure(limit, this.#host.initializer))
  }

  end(): void {
    clearAfter(this.#retryTimer)
  }

  /** No call can run any more: all calls that have not started fail. */
  #break(broken: Breakage): void {
    if (this.#broken) return
    this.#broken = broken
    const { workers, ledger } = this.#host
    this.#failWaiting(brokenPoolError, broken)
    for (const worker of workers.all()) {
      for (const call of worker.calls()) {
        if (call.state === CallState.Sent && worker.revoke(call)) ledger.fail(call, brokenPoolError(broken))
      }
    }
    workers.killStarting()
    workers.close()
  }

  /** Whether calls have waited long enough, and no worker can run them. Later calls wait as long again. */
  #isHopeless(): boolean {
    const { assignable, starts } = this.#host.workers
    if (!starts.hopeless || assignable.some((worker) => worker.isReady)) return false
    starts.forget()
    return true
  }

  /** Fails the calls that wait now, but not the calls that their done-callbacks submit. */
  #failWaiting(error: (failure: Breakage) => Error, failure: Breakage): void {
    const { queue, ledger } = this.#host
    for (let left = queue.size; left > 0; left--) {
      const call = queue.take()
      if (call) ledger.fail(call, error(failure))
    }
  }
}
