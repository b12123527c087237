import type { Cancel } from '../queues/source'
import { after, clearAfter, type Timer } from '../utils/after'
import { runOutside } from '../utils/async-context'
import { MOST_WORKERS, type SummoningPoolOptions } from './box-options'
import type { WorkerPool } from './worker-pool'

export interface Watch extends Required<Pick<SummoningPoolOptions, 'rate' | 'ratio' | 'interval'>> {
  readonly fewest: number
  readonly most: number
}

/**
 * Looks at a pool every so often, and summons or banishes workers. Looks only while there is something to see: work in
 * the inbox, or more workers than the pool began with.
 */
export class Watchman {
  readonly #pool: WorkerPool
  readonly #watch: Watch
  #timer: Timer | undefined
  #cancel: Cancel | undefined
  #isOver = false

  constructor(pool: WorkerPool, watch: Watch) {
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
    if (this.#pool.inbox.size > 0 || this.#pool.poolsize() > this.#watch.fewest) this.#lookLater()
    else {
      this.#cancel = this.#pool.inbox.source.ready(
        { done: () => this.#lookLater(), none: () => undefined, failed: () => undefined },
        true,
      )
    }
  }

  #lookLater(): void {
    this.#cancel = undefined
    if (this.#isOver) return
    this.#timer = after(this.#watch.interval, () => {
      this.#look()
      this.#await()
    }).unref()
  }

  #look(): void {
    const { fewest, most, rate, ratio } = this.#watch
    const count = this.#pool.poolsize()
    const work = this.#pool.inbox.size
    const perWorker = work === 0 ? 0 : work / count
    if (perWorker > ratio) this.#pool.summon(Math.min(rate, Math.max(0, Math.min(most, MOST_WORKERS) - count)))
    else if (perWorker < ratio) void this.#pool.banish(Math.min(rate, Math.max(0, count - fewest)))
  }
}
