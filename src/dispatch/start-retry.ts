import { after, clearAfter, type Timer } from '../utils/after'
import type { WorkerManager } from './worker-manager'

/** Has the pool look for a worker again after a pause, where the machine lacked what a start needs. */
export class StartRetry {
  readonly #workers: WorkerManager
  readonly #pump: () => void
  #timer: Timer | undefined

  constructor(workers: WorkerManager, pump: () => void) {
    this.#workers = workers
    this.#pump = pump
  }

  /** Calls wait. They keep the program alive until the next attempt. */
  watch(): void {
    const { pause } = this.#workers.starts
    if (pause === 0) return
    this.#timer ??= after(pause, () => {
      this.#timer = undefined
      this.#pump()
    })
  }

  /** Whether calls have waited long enough, and no other worker will serve them. Calls that come later wait anew. */
  isHopeless(): boolean {
    const { assignable, starts } = this.#workers
    if (!starts.hopeless || assignable.some((worker) => worker.alive)) return false
    starts.forget()
    return true
  }

  end(): void {
    clearAfter(this.#timer)
  }
}
