import type { WorkerManager } from './worker-manager'
import type { WorkerHandle, UnsentCall } from './worker-handle'

/** Turns of the microtask queue that a batch waits for more: an `await` of a future takes three. */
const GATHER = 4

/** Sends what workers were assigned: at once to an idle worker; where it is busy anyway, gathered for a moment. */
export class Batches {
  readonly #workers: WorkerManager
  readonly #notSent: (worker: WorkerHandle, refused: readonly UnsentCall[]) => void
  #gathering = false

  /** `passed` is told where some of a batch did not go: taken back before, or refused by the runtime. */
  constructor(workers: WorkerManager, passed: (worker: WorkerHandle, refused: readonly UnsentCall[]) => void) {
    this.#workers = workers
    this.#notSent = passed
  }

  send(worker: WorkerHandle): void {
    if (worker.unsent === 0) return
    const refused = worker.flush()
    if (refused.length > 0 || worker.inFlight === 0) this.#notSent(worker, refused)
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
