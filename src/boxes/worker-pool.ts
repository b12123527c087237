import { PoolError } from '../errors'
import { mustSuspend } from '../pools/suspended'
import { waitWithLimits } from '../queues/queue-wait'
import { JOIN, Queue } from '../queues/queue'
import { checkOption, checkOptions, nonNegativeInteger, nonNegativeMs, type Rules } from '../utils/options'
import type { WaitLimits } from '../utils/limited-wait'
import { MOST_WORKERS, poolRules, workerCount, type Box, type WorkerPoolOptions } from './box-options'
import { PauseSwitch } from './pause-switch'
import { suspendForPool } from './park'
import { Worker } from './worker'

/**
 * Workers that share an inbox, an outbox and an errbox. `WorkerPool` of Python's `workers`.
 *
 * Work is put into the inbox as `[fn, args, kwargs]`; a worker takes it when it is free. Results come into the outbox
 * and errors into the errbox, in the order in which they come about. Boxes may be shared: the outbox of one pool may
 * be the inbox of another, whose work the results of the former are.
 *
 * Unlike a `ThreadPool`, which gives a future for each call, nobody waits for a single result.
 *
 * @throws {TypeError} an unknown option or one of the wrong type, {@link RangeError} one out of range
 * @example
 * const pool = new WorkerPool(8)
 * for (const file of files) await pool.inbox.put([hash, [file]])
 * await pool.exile()
 * for await (const digest of iterqueue(pool.outbox)) console.log(digest)
 */
export class WorkerPool implements AsyncDisposable {
  readonly inbox: Box
  readonly outbox: Box
  readonly errbox: Box
  /** `WorkerPool-8`. */
  readonly name: string
  readonly #options: WorkerPoolOptions
  readonly #gate = new PauseSwitch()
  readonly #workers: Worker[] = []
  readonly #endings = new Set<Promise<void>>()
  /** Ends the waits for the inbox, of those who stop the pool once its work is done. */
  readonly #waiting = new Set<() => void>()
  readonly #isInert = mustSuspend()
  #summoned = 0
  #isStopped = false

  constructor(wcount: number, options?: WorkerPoolOptions)
  /** @internal */
  constructor(wcount: number, options: WorkerPoolOptions | undefined, where: string, rules: Rules<WorkerPoolOptions>)
  constructor(wcount: number, options?: WorkerPoolOptions, where = 'new WorkerPool()', rules = poolRules) {
    checkOption('wcount', wcount, workerCount)
    const { inbox, outbox, errbox, ...rest } = checkOptions(where, options, rules)
    this.inbox = inbox ?? new Queue()
    this.outbox = outbox ?? new Queue()
    this.errbox = errbox ?? new Queue()
    this.name = `WorkerPool-${wcount}`
    this.#options = rest
    this.summon(wcount, rest.stagger)
  }

  /** Its workers: those that were not banished. */
  get workers(): readonly Worker[] {
    return this.#workers
  }

  /** How many workers there are. */
  poolsize(): number {
    return this.#workers.length
  }

  /**
   * Adds workers. They begin at once, each `stagger` ms after the one before.
   *
   * @throws {PoolError} the pool was stopped; {@link RangeError} the pool would have more than 10,000 workers
   */
  summon(count: number, stagger = 0): void {
    checkOption('count', count, workerCount)
    checkOption('stagger', stagger, nonNegativeMs)
    if (this.#isStopped)
      throw new PoolError(`Cannot summon workers to ${this.name}: it was stopped. Create a new pool.`, {
        reason: 'stopped',
      })
    if (this.poolsize() + count > MOST_WORKERS)
      throw new RangeError(`Expected at most ${MOST_WORKERS} workers in ${this.name}, got ${this.poolsize() + count}`)
    const { inbox, outbox, errbox } = this
    const { suffix, workerSetup, kind } = this.#options
    for (let i = 0; i < count; i++) {
      const number = this.#summoned++
      const name = suffix === undefined ? `${number}` : `${number}-${suffix}`
      const options = { inbox, outbox, errbox, name, workerSetup, kind, stagger: i === 0 ? 0 : i * stagger }
      this.#workers.push(new Worker(options, this.#gate))
    }
  }

  /**
   * Takes workers away, the last ones first; all, where there are fewer.
   *
   * @returns resolves when they have finished what they were doing, and have ended
   */
  async banish(count: number): Promise<void> {
    checkOption('count', count, nonNegativeInteger)
    const banished = this.#workers.splice(Math.max(0, this.#workers.length - count))
    for (const worker of banished.reverse()) this.#end(worker)
    await Promise.all(banished.map((worker) => worker.join()))
  }

  /** Has the workers take work again after a {@link pause}. */
  run(): void {
    this.#gate.set(true)
  }

  /** Has the workers take no work until {@link run}; what they do is finished. */
  pause(): void {
    this.#gate.set(false)
  }

  /**
   * Ends the pool: with `join`, once all work of the inbox is done, for which a paused pool runs again; without, once
   * the workers have finished what they do, and the rest stays in the inbox. Where somebody stops the pool without `join`
   * meanwhile, nobody waits for the inbox any longer.
   *
   * **Cancelling:** the wait for the inbox, by `timeout` or `signal`; the pool then goes on.
   *
   * @returns resolves when every worker has ended
   * @throws {TimeoutError} the inbox was not done for `timeout` ms; {@link CancelledError} `signal` aborted
   */
  async stop(join = true, limits?: WaitLimits): Promise<void> {
    if (this.#isInert) return suspendForPool(this)
    if (join && !this.#isStopped) {
      this.run()
      await this.#workDone(limits)
    }
    this.#isStopped = true
    for (const goOn of this.#waiting) goOn()
    for (const worker of this.#workers.splice(0)) this.#end(worker)
    await Promise.all(this.#endings)
  }

  /** The same as {@link stop}, by the name that says that nothing is left of the pool. */
  exile(join = true, limits?: WaitLimits): Promise<void> {
    return this.stop(join, limits)
  }

  /** Exiles: `await using pool = new WorkerPool(8)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.exile()
  }

  /** Waits for the inbox to be done, or for somebody else to stop the pool: then there is nothing to wait for. */
  async #workDone(limits: WaitLimits | undefined): Promise<void> {
    let goOn: (() => void) | undefined
    const wait = waitWithLimits<void>(JOIN, limits, (waiter, patient) => {
      const cancel = this.inbox.source.join(waiter, patient)
      if (!cancel) return undefined
      goOn = () => cancel(() => waiter.done())
      this.#waiting.add(goOn)
      return cancel
    })
    try {
      await wait
    } finally {
      if (goOn) this.#waiting.delete(goOn)
    }
  }

  /** Also a pool that is stopped waits for those that were banished before. */
  #end(worker: Worker): void {
    const ending = worker.banish()
    this.#endings.add(ending)
    void ending.finally(() => this.#endings.delete(ending))
  }
}

/**
 * A pool that is exiled at the end of its scope. `pool` of Python's `workers`.
 *
 * @example
 * await using p = pool(8)
 * await p.inbox.put([hash, ['a.txt']])
 */
export function pool(wcount: number, options?: WorkerPoolOptions): WorkerPool {
  return new WorkerPool(wcount, options)
}
