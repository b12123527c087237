import { after } from '../utils/after'
import { packReason } from '../wire/errors'
import type { Call } from './call'
import type { WorkerManager } from './worker-manager'
import type { WorkerHandle } from './worker-handle'

/** What becomes of the calls of a worker that is stopped. */
export interface StopperHost {
  /** Queues calls again that were revoked, in their old order. */
  requeue(calls: Call[]): void
  /** Sends queued calls to workers. */
  pump(): void
}

/** Stops workers for the sake of one call, or because they do not answer. No other call is lost with them. */
export class WorkerStopper {
  readonly #workers: WorkerManager
  readonly #concurrency: number
  readonly #host: StopperHost

  constructor(workers: WorkerManager, concurrency: number, host: StopperHost) {
    this.#workers = workers
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
    const worker = call.worker as WorkerHandle
    if (worker.gone) return
    const { grace } = call.limits
    if (grace === undefined || grace === 0) {
      this.#kill(worker, call)
      return
    }
    const packed = cause === undefined ? undefined : packReason(cause)
    worker.channel.send({ type: 'abort', sequence: call.sequence, reason, ...(packed && { cause: packed }) })
    call.graceTimer = after(grace, () => this.#kill(worker, call))
  }

  /** Stops a worker that starts none of its calls. If it starts one at this very moment, it stays. */
  unresponsive(worker: WorkerHandle): void {
    const taken = worker.revokeAll()
    for (const call of taken) call.unresponsiveWorkers += 1
    if (!worker.calls().some((call) => worker.hasStarted(call))) this.replace(worker)
    this.#host.requeue(taken)
    this.#host.pump()
  }

  /** Ends the worker at once. The calls that it has not started run elsewhere, and another worker can start. */
  replace(worker: WorkerHandle): void {
    this.#workers.kill(worker)
    this.#workers.workerStopped()
    this.#host.requeue(worker.revokeAll())
    this.#host.pump()
  }

  /** Whether the body of the call has ended, though its outcome may not have arrived. */
  isDone(worker: WorkerHandle, call: Call): boolean {
    return this.#concurrency === 1 && worker.isPast(call)
  }

  /**
   * First, nothing more can start in the worker. Then the call is looked up once more: if it has just ended, its successor
   * must not lose the worker, even if the outcome is still on its way.
   */
  #kill(worker: WorkerHandle, call: Call): void {
    const taken = worker.revokeAll()
    worker.drain()
    if (worker.entry(call.sequence) === call && !this.isDone(worker, call)) this.replace(worker)
    this.#host.requeue(taken)
    this.#host.pump()
  }
}
