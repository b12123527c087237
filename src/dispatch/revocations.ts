import { setImmediate } from '../utils/clock'
import type { Call } from './call'
import { workerOf, type WorkerHandle } from './worker-handle'
import type { StopperHost, WorkerStopper } from './worker-stopper'

/**
 * Revokes calls that were sent and have not started.
 *
 * To revoke a call from a process takes a wait for the lease of its slots, so thousands of single revocations would block
 * the event loop. From the second revocation in a turn of the event loop on, everything that waits with the worker is
 * revoked at once, and nothing is sent until the turn is over. The calls that were not cancelled by then are sent again.
 */
export class Revocations {
  readonly #stopper: WorkerStopper
  readonly #host: StopperHost
  /** Workers whose waiting calls were revoked in this turn. */
  readonly #emptied = new Set<WorkerHandle>()
  /** Revocations in this turn. */
  #count = 0

  constructor(stopper: WorkerStopper, host: StopperHost) {
    this.#stopper = stopper
    this.#host = host
  }

  /** Whether calls are revoked in bulk now. Then nothing may be sent: it could be revoked next. */
  get isBulk(): boolean {
    return this.#count > 1
  }

  /** Revokes a call. A worker that imports the module of the call is replaced: the import may never end. */
  revoke(call: Call): boolean {
    const worker = workerOf(call) as WorkerHandle
    if (worker.entry(call.sequence) !== call) return true // it was revoked, and is about to be queued again
    const loading = worker.isLoading(call)
    const bulk = this.#beginsBulk(worker) ? worker.revokeAll('waiting', call) : undefined
    const revoked = bulk ? bulk.includes(call) : worker.revoke(call)
    if (bulk) this.#host.requeue(bulk.filter((other) => other !== call))
    if (revoked && loading) this.#stopper.replace(worker)
    return revoked
  }

  /** Ends the turn. This happens by itself, except in a program that is exiting. */
  readonly endTurn = (): void => {
    const { isBulk } = this
    this.#count = 0
    this.#emptied.clear()
    if (isBulk) this.#host.pump()
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
