import { mustSuspend } from '../pools/suspended'
import type { WaitLimits } from '../utils/limited-wait'
import { checkOption, positiveInteger } from '../utils/options'
import { summoningRules, workerCount, type SummoningPoolOptions } from './box-options'
import { Autoscaler } from './autoscaler'
import { WorkerPool } from './worker-pool'

/**
 * A pool that has as many workers as its work needs, within bounds. `SummoningPool` of Python's `workers`.
 *
 * Every `interval` ms it looks how much work there is in the inbox for each worker: more than `ratio`, and it summons
 * `rate` workers, up to `maxw`; less, and it banishes as many, down to `wcount`.
 *
 * @throws {TypeError} an unknown option or one of the wrong type, {@link RangeError} one out of range
 * @example
 * await using pool = new SummoningPool(1, 10, { rate: 2, ratio: 5, interval: 100 })
 */
export class SummoningPool extends WorkerPool {
  readonly #watchman: Autoscaler | undefined

  /**
   * @param wcount workers to begin with, and the fewest
   * @param maxw the most workers
   */
  constructor(wcount: number, maxw: number, options: SummoningPoolOptions = {}) {
    checkOption('wcount', wcount, workerCount)
    checkOption('maxw', maxw, positiveInteger)
    if (maxw < wcount) throw new RangeError(`Expected \`maxw\` to be at least \`wcount\` (${wcount}), got ${maxw}`)
    super(wcount, options, 'new SummoningPool()', summoningRules)
    const { rate = 1, ratio = 10, interval = 1_000 } = options
    if (!mustSuspend())
      this.#watchman = new Autoscaler(this, { minWorkers: wcount, maxWorkers: maxw, rate, ratio, interval })
  }

  override stop(join = true, limits?: WaitLimits): Promise<void> {
    this.#watchman?.end()
    return super.stop(join, limits)
  }
}

/** A {@link SummoningPool} that is exiled at the end of its scope. `summoning_pool` of Python's `workers`. */
export function summoningPool(wcount: number, maxw: number, options?: SummoningPoolOptions): SummoningPool {
  return new SummoningPool(wcount, maxw, options)
}
