import { after, clearAfter, type Timer } from '../utils/after'
import type { WorkerManager } from './worker-manager'
import type { WorkerHandle } from './worker-handle'

/** How long a worker may go without an outcome while others wait in its pipe, in ms. */
const PATIENCE = 5

/**
 * A call that takes longer than its kind used to holds up those that were sent after it. This takes them back: one look
 * every few ms, only while some worker has more than one call.
 */
export class StallWatch {
  readonly #workers: WorkerManager
  readonly #revoke: (worker: WorkerHandle) => void
  readonly #seen = new WeakMap<WorkerHandle, number>()
  #timer: Timer | undefined

  constructor(workers: WorkerManager, takeBack: (worker: WorkerHandle) => void) {
    this.#workers = workers
    this.#revoke = takeBack
  }

  watch(): void {
    if (this.#timer || !this.#workers.all().some((worker) => worker.inFlight > 1)) return
    this.#timer = after(PATIENCE, () => this.#check()).unref()
  }

  #check(): void {
    clearAfter(this.#timer)
    this.#timer = undefined
    for (const worker of this.#workers.all()) {
      if (worker.inFlight < 2) continue
      if (this.#isStalled(worker)) worker.drain() // it may be this thread that is behind
      if (this.#isStalled(worker)) {
        worker.stalledAt = worker.outcomes
        this.#revoke(worker)
      }
      this.#seen.set(worker, worker.outcomes)
    }
    this.watch()
  }

  #isStalled(worker: WorkerHandle): boolean {
    return this.#seen.get(worker) === worker.outcomes
  }
}
