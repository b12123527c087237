/**
 * How calls that were sent are stopped. A call that has not started is revoked. A body that runs is told to abort, or
 * its worker is killed; its other calls that have not started are queued again.
 */
import { after } from '../utils/after'
import { setImmediate } from '../utils/clock'
import { packReason } from '../wire/errors'
import type { Call } from './call'
import type { QueueAccess } from './call-queue'
import { workerOf, type WorkerHandle } from './worker-handle'
import type { WorkerManager } from './worker-manager'

/** Stops a worker, because a running call has to be stopped or because it is unresponsive. No call that has not started is lost. */
export class WorkerStopper {
  readonly #workers: WorkerManager
  readonly #concurrency: number
  readonly #queue: QueueAccess

  constructor(workers: WorkerManager, concurrency: number, queue: QueueAccess) {
    this.#workers = workers
    this.#concurrency = concurrency
    this.#queue = queue
  }

  /**
   * Stops a running body: if the call has `grace`, the body is told to abort first. Without `grace`, the worker is
   * killed. The call is settled before this, so if the worker turns out to have skipped it, it is not queued again.
   *
   * @param cause the reason of the signal that cancelled the call
   */
  stop(call: Call, reason: string, cause?: unknown): void {
    const worker = workerOf(call) as WorkerHandle
    if (worker.hasExited) return
    const { grace } = call.limits
    if (grace === undefined || grace === 0) {
      this.#kill(worker, call)
      return
    }
    const packed = cause === undefined ? undefined : packReason(cause)
    worker.channel.send({ type: 'abort', sequence: call.sequence, reason, ...(packed && { cause: packed }) })
    call.graceTimer = after(grace, () => this.#kill(worker, call))
  }

  /** Stops a worker that starts none of its calls. If it has started one in the meantime, it stays. */
  stopUnresponsive(worker: WorkerHandle): void {
    const revoked = worker.revokeAll()
    for (const call of revoked) call.unresponsiveWorkers += 1
    const isRunning = worker.calls().some((call) => worker.isRunning(call))
    if (isRunning) this.#runElsewhere(revoked)
    else this.replace(worker, revoked)
  }

  /**
   * Kills the worker. The calls that it has not started run elsewhere, and another worker can start.
   *
   * @param revoked calls of the worker that were revoked before
   */
  replace(worker: WorkerHandle, revoked: Call[] = []): void {
    this.#workers.kill(worker)
    this.#workers.workerStopped()
    this.#runElsewhere([...revoked, ...worker.revokeAll()])
  }

  /** All of them are in the queue before any is sent, so they start in their old order. */
  #runElsewhere(revoked: Call[]): void {
    this.#queue.requeue(revoked)
    this.#queue.pump()
  }

  /** Whether the body of the call has ended, though its outcome may not have arrived. */
  isDone(worker: WorkerHandle, call: Call): boolean {
    return this.#concurrency === 1 && worker.isPast(call)
  }

  /**
   * Revokes first, so that nothing more can start in the worker. Then it checks the call again. If the body has just
   * ended, the worker stays for the next calls, even if the outcome has not arrived yet.
   */
  #kill(worker: WorkerHandle, call: Call): void {
    const revoked = worker.revokeAll()
    worker.drain()
    if (worker.entry(call.sequence) === call && !this.isDone(worker, call)) this.replace(worker, revoked)
    else this.#runElsewhere(revoked)
  }
}

/**
 * Revokes calls that were sent and have not started.
 *
 * Revoking a call of a process means waiting for the lease of its slots, so thousands of single revocations would block
 * the event loop. From the second revocation of a turn of the event loop on, everything that waits with the worker is
 * revoked at once, and nothing is sent until the turn is over. Then the calls that were not cancelled are sent again.
 */
export class Revocations {
  readonly #stopper: WorkerStopper
  readonly #queue: QueueAccess
  /** Workers whose waiting calls were revoked in this turn. */
  readonly #emptied = new Set<WorkerHandle>()
  /** Revocations in this turn. */
  #count = 0

  constructor(stopper: WorkerStopper, queue: QueueAccess) {
    this.#stopper = stopper
    this.#queue = queue
  }

  /** Whether calls are revoked in bulk now. Then nothing may be sent: it could be revoked next. */
  get isBulk(): boolean {
    return this.#count > 1
  }

  /** Revokes a call. If its worker imports the module of the call, the worker is replaced: the import may never end. */
  revoke(call: Call): boolean {
    const worker = workerOf(call) as WorkerHandle
    if (worker.entry(call.sequence) !== call) return true // it was revoked, and is about to be queued again
    const loading = worker.isLoading(call)
    const bulk = this.#beginsBulk(worker) ? worker.revokeAll('waiting', call) : undefined
    const revoked = bulk ? bulk.includes(call) : worker.revoke(call)
    if (bulk) this.#queue.requeue(bulk.filter((other) => other !== call))
    if (revoked && loading) this.#stopper.replace(worker)
    return revoked
  }

  /** Ends the turn. `setImmediate` calls this, except in a program that is exiting, which has no next turn. */
  readonly endTurn = (): void => {
    const { isBulk } = this
    this.#count = 0
    this.#emptied.clear()
    if (isBulk) this.#queue.pump()
  }

  /** Counts a revocation. Returns whether everything that waits with the worker is to be revoked with it. */
  #beginsBulk(worker: WorkerHandle): boolean {
    this.#count += 1
    if (this.#count === 1) setImmediate(this.endTurn)
    if (!this.isBulk || this.#emptied.has(worker)) return false
    this.#emptied.add(worker)
    return true
  }
}
