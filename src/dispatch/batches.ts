import type { UnsentCall, WorkerHandle } from './worker-handle'
import type { WorkerManager } from './worker-manager'

/** Turns of the microtask queue for which a batch gathers calls: an `await` of a future takes three. */
const GATHER = 4

/** Sends assigned calls: to an idle worker at once, to busy workers in batches. */
export class Batches {
  readonly #workers: WorkerManager
  readonly #notSent: (worker: WorkerHandle, unsent: readonly UnsentCall[]) => void
  #gathering = false

  /** @param notSent called if a part of a batch was not sent: those calls were revoked before, or cannot be cloned */
  constructor(workers: WorkerManager, notSent: (worker: WorkerHandle, unsent: readonly UnsentCall[]) => void) {
    this.#workers = workers
    this.#notSent = notSent
  }

  send(worker: WorkerHandle): void {
    if (worker.unsent === 0) return
    const unsent = worker.flush()
    if (unsent.length > 0 || worker.inFlight === 0) this.#notSent(worker, unsent)
  }

  sendSoon(): void {
    if (this.#gathering) return
    this.#gathering = true
    let turns = GATHER
    const turn = (): void => {
      turns -= 1
      if (turns > 0) void Promise.resolve().then(turn)
      else this.#sendAll()
    }
    void Promise.resolve().then(turn)
  }

  #sendAll(): void {
    this.#gathering = false
    for (const worker of this.#workers.all()) this.send(worker)
  }
}
