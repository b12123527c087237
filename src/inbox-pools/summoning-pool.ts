import { mustSuspend } from '../pools/suspended'
import type { WaitLimits } from '../utils/limited-wait'
import { checkOption, positiveInteger } from '../utils/options'
import { Autoscaler } from './autoscaler'
import { summoningRules, workerCount, type SummoningPoolOptions } from './options'
import { WorkerPool } from './worker-pool'

/**
 * A {@link WorkerPool} whose number of workers follows its work, within bounds. `SummoningPool` of Python's `workers`.
 *
 * Every `interval` ms (default: 1,000) it divides the items in the inbox by the workers. If that is more than `ratio`
 * (default: 10), it summons `rate` workers (default: 1), up to `maxw`; if it is less, it banishes as many, down to
 * `wcount`.
 *
 * @throws {TypeError} an option is unknown or of the wrong type; {@link RangeError} a number is out of range, or `maxw` is
 * less than `wcount`
 * @example
 * await using pool = new SummoningPool(1, 10, { rate: 2, ratio: 5, interval: 100 })
 */
export class SummoningPool extends WorkerPool {
  readonly #autoscaler: Autoscaler | undefined

  /**
   * @param wcount number of workers at the start, and the fewest
   * @param maxw the most workers
   */
  constructor(wcount: number, maxw: number, options: SummoningPoolOptions = {}) {
    checkOption('wcount', wcount, workerCount)
    checkOption('maxw', maxw, positiveInteger)
    if (maxw < wcount) throw new RangeError(`Expected \`maxw\` to be at least \`wcount\` (${wcount}), got ${maxw}`)
    super(wcount, options, 'new SummoningPool()', summoningRules)
    const { rate = 1, ratio = 10, interval = 1_000 } = options
    if (!mustSuspend())
      this.#autoscaler = new Autoscaler(this, { minWorkers: wcount, maxWorkers: maxw, rate, ratio, interval })
  }

  override stop(join = true, limits?: WaitLimits): Promise<void> {
    this.#autoscaler?.end()
    return super.stop(join, limits)
  }
}

/** A {@link SummoningPool} that is exiled at the end of its scope. `summoning_pool` of Python's `workers`. */
export function summoningPool(wcount: number, maxw: number, options?: SummoningPoolOptions): SummoningPool {
  return new SummoningPool(wcount, maxw, options)
}
