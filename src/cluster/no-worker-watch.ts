/** Warns if no worker serves a queue. Without the warning, nothing would say why its calls wait. */
import { after, clearAfter, type Timer } from '../utils/after'
import type { CallerEngine } from './engine'
import { CLUSTER_WARNING, noWorkerText } from './sentences'
import { warnOnce } from '../registry/warn-once'

/** How long calls wait until the workers are counted, in ms. */
const PATIENCE = 5000

export class NoWorkerWatch {
  readonly #engine: Pick<CallerEngine, 'counts'>
  readonly #queue: string
  readonly #waiting: () => number
  #timer: Timer | undefined
  #isDone = false

  /** @param waiting how many calls could have started */
  constructor({ engine, queue }: { engine: Pick<CallerEngine, 'counts'>; queue: string }, waiting: () => number) {
    this.#engine = engine
    this.#queue = queue
    this.#waiting = waiting
  }

  /** Calls wait. */
  start(): void {
    if (!this.#isDone) this.#timer ??= after(PATIENCE, () => void this.#look()).unref()
  }

  /** No call waits any more. */
  stop(): void {
    clearAfter(this.#timer)
    this.#timer = undefined
  }

  /** There is a worker, or there was one. */
  heard(): void {
    this.#isDone = true
    this.stop()
  }

  /** What to add to the message of a call that did not start: nothing, unless no worker serves the queue. */
  async hint(): Promise<string> {
    return (await this.#hasWorker()) ? '' : ` ${noWorkerText(this.#queue)}`
  }

  async #look(): Promise<void> {
    this.#timer = undefined
    const waiting = this.#waiting()
    if (waiting === 0) return this.start()
    if (await this.#hasWorker()) return this.heard()
    this.#isDone = true
    warnOnce(
      `no worker for ${this.#queue}`,
      `${noWorkerText(this.#queue)} Calls that wait: ${waiting}.`,
      CLUSTER_WARNING,
    )
  }

  /** If the engine does not answer, the queue counts as one with workers. */
  async #hasWorker(): Promise<boolean> {
    const { workers } = await this.#engine.counts().catch(() => ({ workers: 1 }))
    return workers > 0
  }
}
