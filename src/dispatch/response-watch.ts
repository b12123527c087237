import { after, type Timer } from '../utils/after'
import type { WorkerManager } from './worker-manager'
import { ImportWatch } from './import-watch'
import type { WorkerHandle } from './worker-handle'

/** Between two looks, in ms: how long a worker that runs nothing may let a call lie. */
const PATIENCE = 1_000

/**
 * A worker may be in a loop though no body runs there: something that a body left behind never gives way. Its calls
 * would lie there for ever. This finds the workers that have calls, have begun none of them, and say nothing, at two
 * looks in a row. A call that was found so waits twice as long the next time: it may be one that takes long to arrive.
 */
export class ResponseWatch {
  readonly #workers: WorkerManager
  /** A worker that imports a module is not silent, but may never come to an end with that. */
  readonly #imports: ImportWatch
  readonly #replace: (worker: WorkerHandle) => void
  /** What the last look found: outcomes so far, and how many looks in a row. */
  readonly #unresponsive = new Map<WorkerHandle, { readonly outcomes: number; readonly looks: number }>()
  #timer: Timer | undefined

  constructor(workers: WorkerManager, replace: (worker: WorkerHandle) => void) {
    this.#workers = workers
    this.#imports = new ImportWatch(workers)
    this.#replace = replace
  }

  watch(): void {
    this.#imports.watch()
    if (this.#timer || !this.#workers.all().some(hasCalls)) return
    this.#timer = after(PATIENCE, () => this.#check()).unref()
  }

  #check(): void {
    this.#timer = undefined
    for (const worker of this.#workers.all()) {
      const before = this.#unresponsive.get(worker)
      this.#unresponsive.delete(worker)
      if (!isUnresponsive(worker)) continue
      const looks = before?.outcomes === worker.outcomes ? before.looks + 1 : 0
      if (looks >= patienceOf(worker)) this.#replace(worker)
      else this.#unresponsive.set(worker, { outcomes: worker.outcomes, looks })
    }
    this.watch()
  }
}

const hasCalls = (worker: WorkerHandle): boolean => worker.alive && !worker.ending && worker.inFlight > 0

function isUnresponsive(worker: WorkerHandle): boolean {
  if (!hasCalls(worker)) return false
  worker.drain()
  return !worker.calls().some((call) => worker.hasStarted(call) || worker.isLoading(call))
}

const patienceOf = (worker: WorkerHandle): number =>
  Math.max(1, ...worker.calls().map((call) => 2 ** call.unresponsiveWorkers))
