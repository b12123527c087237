import type { MethodKey } from '../registry/keys'
import { fileText } from '../registry/keys'
import { shared } from '../registry/shared'
import { after, type Timer } from '../utils/after'
import { monotonic } from '../wire/slots'
import type { Call } from './call'
import type { WorkerManager } from './worker-manager'

/** How long the import of a module for a call may take until the program is told, in ms. */
const PATIENCE = 1_500
/** Between two looks, in ms. */
const LOOK_EVERY = 500

/** Kinds of workers and modules that were told of: once each is enough. */
const told = shared('slow imports', () => new Set<string>())

/**
 * Tells of calls that wait for the import of their module: it may wait for something at its top level that never comes.
 * Only the slots show that, and only they do so where the worker never gives way.
 */
export class ImportWatch {
  readonly #workers: WorkerManager
  /** When a call was first seen to wait. */
  readonly #seen = new WeakMap<Call, number>()
  #timer: Timer | undefined

  constructor(workers: WorkerManager) {
    this.#workers = workers
  }

  watch(): void {
    if (this.#timer || !this.#workers.assignable.some((worker) => worker.inFlight > 0)) return
    this.#timer = after(LOOK_EVERY, () => this.#check()).unref()
  }

  #check(): void {
    this.#timer = undefined
    for (const worker of this.#workers.assignable)
      for (const call of worker.inFlight > 0 ? worker.calls() : []) if (worker.isLoading(call)) this.#noteLoading(call)
    this.watch()
  }

  #noteLoading(call: Call): void {
    const since = this.#seen.get(call)
    const now = monotonic()
    if (since === undefined) this.#seen.set(call, now)
    else if (now - since >= PATIENCE) tell(call)
  }
}

function tell({ kind, label, payload }: Call): void {
  const { module } = payload.method.definition.key as Partial<MethodKey>
  const url = module?.url ?? ''
  if (told.has(`${kind} ${url}`)) return
  told.add(`${kind} ${url}`)
  process.emitWarning(
    `The import of ${fileText(url)} in a worker ${kind} has not finished after ${PATIENCE} ms: ${label} waits for it.`,
    {
      type: 'PebbleWorkerWarning',
      code: 'PEBBLE_SLOW_IMPORT',
      detail:
        'The module may wait at its top level for something that does not come in a worker. Guard that by `if (!isWorker())`, or move the method to a file of its own.',
    },
  )
}
