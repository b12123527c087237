import { setImmediate } from '../utils/clock'
import type { WorkerHandle } from './worker-handle'

/**
 * Tells when calls are to be taken back in bulk. Taking a call back from a process waits for the lease of its slots, so
 * thousands of single ones would block the event loop. From the second recall of a turn on, all that waits with a worker
 * is taken back at once. What is not cancelled by the end of the turn is sent again.
 */
export class BulkRevocation {
  readonly #over: () => void
  readonly #emptied = new Set<WorkerHandle>()
  #recalls = 0

  /** @param over called when the turn is over, where something may have been taken back in bulk */
  constructor(over: () => void) {
    this.#over = over
  }

  /** Whether calls are being taken back in bulk: nothing is sent, as it might come back next. */
  get active(): boolean {
    return this.#recalls > 1
  }

  /** Counts a recall. Returns whether all that waits with the worker is to be taken back for it. */
  add(worker: WorkerHandle): boolean {
    this.#recalls += 1
    if (this.#recalls === 1) setImmediate(() => this.end())
    if (!this.active || this.#emptied.has(worker)) return false
    this.#emptied.add(worker)
    return true
  }

  /** The turn is over. */
  end(): void {
    const { active } = this
    this.#recalls = 0
    this.#emptied.clear()
    if (active) this.#over()
  }
}
