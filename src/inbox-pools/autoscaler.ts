import type { CancelWait } from '../utils/limited-wait'
import { after, clearAfter, type Timer } from '../utils/after'
import { runOutside } from '../utils/async-context'
import { MOST_WORKERS, type SummoningPoolOptions } from './options'
import type { WorkerPool } from './worker-pool'

export interface AutoscalerOptions extends Required<Pick<SummoningPoolOptions, 'rate' | 'ratio' | 'interval'>> {
  readonly minWorkers: number
  readonly maxWorkers: number
}

/**
 * Summons and banishes the workers of a pool, depending on its work.
 *
 *   waits for the inbox ── an item is put ──► waits `interval` ms ──► scales ──┐
 *          ▲                                           ▲                      │
 *          └── empty inbox and the fewest workers ─────┴── otherwise ◄────────┘
 */
export class Autoscaler {
  readonly #pool: WorkerPool
  readonly #options: AutoscalerOptions
  #timer: Timer | undefined
  #cancelWait: CancelWait | undefined
  #hasEnded = false

  constructor(pool: WorkerPool, options: AutoscalerOptions) {
    this.#pool = pool
    this.#options = options
    runOutside(this.#await, this)
  }

  end(): void {
    this.#hasEnded = true
    clearAfter(this.#timer)
    this.#cancelWait?.(() => undefined)
  }

  #await(): void {
    if (this.#hasEnded) return
    if (this.#pool.inbox.size > 0 || this.#pool.poolsize() > this.#options.minWorkers) this.#scaleLater()
    else {
      this.#cancelWait = this.#pool.inbox.source.ready(
        { done: () => this.#scaleLater(), unavailable: () => undefined, failed: () => undefined },
        true,
      )
    }
  }

  #scaleLater(): void {
    this.#cancelWait = undefined
    if (this.#hasEnded) return
    this.#timer = after(this.#options.interval, () => {
      this.#scale()
      this.#await()
    }).unref()
  }

  #scale(): void {
    const { minWorkers, maxWorkers, rate, ratio } = this.#options
    const count = this.#pool.poolsize()
    const work = this.#pool.inbox.size
    const perWorker = work === 0 ? 0 : work / count
    if (perWorker > ratio) this.#pool.summon(Math.min(rate, Math.max(0, Math.min(maxWorkers, MOST_WORKERS) - count)))
    else if (perWorker < ratio) void this.#pool.banish(Math.min(rate, Math.max(0, count - minWorkers)))
  }
}
