import type { CancelWait } from '../utils/limited-wait'
import { after, clearAfter, type Timer } from '../utils/after'
import { runOutside } from '../utils/async-context'
import { MOST_WORKERS, type SummoningPoolOptions } from './box-options'
import type { WorkerPool } from './worker-pool'

export interface AutoscalerOptions extends Required<Pick<SummoningPoolOptions, 'rate' | 'ratio' | 'interval'>> {
  readonly minWorkers: number
  readonly maxWorkers: number
}

/**
 * Looks at a pool every so often, and summons or banishes workers. Looks only while there is something to see: work in
 * the inbox, or more workers than the pool began with.
 */
export class Autoscaler {
  readonly #pool: WorkerPool
  readonly #watch: AutoscalerOptions
  #timer: Timer | undefined
  #cancel: CancelWait | undefined
  #isOver = false

  constructor(pool: WorkerPool, watch: AutoscalerOptions) {
    this.#pool = pool
    this.#watch = watch
    runOutside(this.#await, this)
  }

  end(): void {
    this.#isOver = true
    clearAfter(this.#timer)
    this.#cancel?.(() => undefined)
  }

  #await(): void {
    if (this.#isOver) return
    if (this.#pool.inbox.size > 0 || this.#pool.poolsize() > this.#watch.minWorkers) this.#scaleLater()
    else {
      this.#cancel = this.#pool.inbox.source.ready(
        { done: () => this.#scaleLater(), unavailable: () => undefined, failed: () => undefined },
        true,
      )
    }
  }

  #scaleLater(): void {
    this.#cancel = undefined
    if (this.#isOver) return
    this.#timer = after(this.#watch.interval, () => {
      this.#scale()
      this.#await()
    }).unref()
  }

  #scale(): void {
    const { minWorkers, maxWorkers, rate, ratio } = this.#watch
    const count = this.#pool.poolsize()
    const work = this.#pool.inbox.size
    const perWorker = work === 0 ? 0 : work / count
    if (perWorker > ratio) this.#pool.summon(Math.min(rate, Math.max(0, Math.min(maxWorkers, MOST_WORKERS) - count)))
    else if (perWorker < ratio) void this.#pool.banish(Math.min(rate, Math.max(0, count - minWorkers)))
  }
}
