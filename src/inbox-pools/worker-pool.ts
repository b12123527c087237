/**
 * Pools with an inbox, an outbox and an errbox.
 *
 *   inbox: [fn, args, kwargs] ─► Worker ─► thread or process ─┬─ result ─► outbox
 *                                Worker ─► …                  └─ error ──► errbox
 *
 * A `Worker` is a loop in the thread of the program: it takes work, runs it on a pool of one thread or process, and puts
 * the outcome into a box. A `WorkerPool` has a number of them; a `SummoningPool` changes that number by an `Autoscaler`.
 */
import { PoolError } from '../errors'
import { mustSuspend, suspendedEnd } from '../pools/suspended'
import { waitWithLimits } from '../queues/queue-wait'
import { JOIN, Queue } from '../queues/queue'
import type { WaitLimits } from '../utils/limited-wait'
import { checkOption, checkOptions, nonNegativeInteger, nonNegativeMs, type Rules } from '../utils/options'
import { MOST_WORKERS, workerCount, workerPoolRules, type Box, type WorkerPoolOptions } from './options'
import { PauseSwitch } from './pause-switch'
import { Worker } from './worker'

/**
 * Workers that share an inbox, an outbox and an errbox. `WorkerPool` of Python's `workers`.
 *
 * Work is put into the inbox as `[fn, args, kwargs]`, and a free worker takes it. Results and errors come in the order in
 * which they arise. Boxes can be shared: the outbox of one pool can be the inbox of another, if its results are work.
 *
 * Unlike a `ThreadPool`, it gives no future for a single call.
 *
 * @throws {TypeError} an option is unknown or of the wrong type; {@link RangeError} a number is out of range
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
  readonly #pauseSwitch = new PauseSwitch()
  readonly #workers: Worker[] = []
  /** Of the banished workers that have not ended. */
  readonly #endings = new Set<Promise<void>>()
  /** Each ends the wait of one `stop()` for the inbox. */
  readonly #inboxWaits = new Set<() => void>()
  readonly #isSuspended = mustSuspend()
  #summoned = 0
  #isStopped = false

  constructor(wcount: number, options?: WorkerPoolOptions)
  /** @internal */
  constructor(wcount: number, options: WorkerPoolOptions | undefined, where: string, rules: Rules<WorkerPoolOptions>)
  constructor(wcount: number, options?: WorkerPoolOptions, where = 'new WorkerPool()', rules = workerPoolRules) {
    checkOption('wcount', wcount, workerCount)
    const { inbox, outbox, errbox, ...rest } = checkOptions(where, options, rules)
    this.inbox = inbox ?? new Queue()
    this.outbox = outbox ?? new Queue()
    this.errbox = errbox ?? new Queue()
    this.name = `WorkerPool-${wcount}`
    this.#options = rest
    this.summon(wcount, rest.stagger)
  }

  /** The workers that were not banished. */
  get workers(): readonly Worker[] {
    return this.#workers
  }

  /** Returns the number of workers that were not banished. */
  poolsize(): number {
    return this.#workers.length
  }

  /**
   * Adds workers, which take work at once.
   *
   * @param stagger time in ms by which each worker starts later than the one before. Default: 0
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
      this.#workers.push(new Worker(options, this.#pauseSwitch))
    }
  }

  /**
   * Removes workers, the newest first. If there are fewer than `count`, it removes all.
   *
   * @returns resolves when they have finished their current work and have ended
   */
  async banish(count: number): Promise<void> {
    checkOption('count', count, nonNegativeInteger)
    const banished = this.#workers.splice(Math.max(0, this.#workers.length - count))
    for (const worker of banished.reverse()) this.#end(worker)
    await Promise.all(banished.map((worker) => worker.join()))
  }

  /** Lets the workers take work again after a {@link pause}. */
  run(): void {
    this.#pauseSwitch.set(false)
  }

  /** Stops the workers from taking work until {@link run}. Current work is finished. */
  pause(): void {
    this.#pauseSwitch.set(true)
  }

  /**
   * Ends the pool. With `join`, it first waits until all work of the inbox is done; a paused pool runs again for that.
   * Without `join`, the workers finish only their current work, and the rest stays in the inbox. A call without `join`
   * also ends the waits of earlier calls for the inbox.
   *
   * **Cancelling:** `timeout` (ms) or `signal` ends the wait for the inbox; the pool then goes on.
   *
   * @returns resolves when every worker has ended
   * @throws {TimeoutError} the inbox was not done after `timeout` ms; {@link CancelledError} `signal` aborted
   */
  async stop(join = true, limits?: WaitLimits): Promise<void> {
    if (this.#isSuspended) return suspendedEnd(this)
    if (join && !this.#isStopped) {
      this.run()
      await this.#workDone(limits)
    }
    this.#isStopped = true
    for (const endWait of this.#inboxWaits) endWait()
    for (const worker of this.#workers.splice(0)) this.#end(worker)
    await Promise.all(this.#endings)
  }

  /** The same as {@link stop}. `exile` of Python's `workers`. */
  exile(join = true, limits?: WaitLimits): Promise<void> {
    return this.stop(join, limits)
  }

  /** Exiles: `await using pool = new WorkerPool(8)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.exile()
  }

  /** Waits for the work of the inbox, or until another call stops the pool without waiting. */
  async #workDone(limits: WaitLimits | undefined): Promise<void> {
    let endWait: (() => void) | undefined
    const wait = waitWithLimits<void>(JOIN, limits, (waiter, mayWait) => {
      const cancel = this.inbox.source.join(waiter, mayWait)
      if (!cancel) return undefined
      endWait = () => cancel(() => waiter.done())
      this.#inboxWaits.add(endWait)
      return cancel
    })
    try {
      await wait
    } finally {
      if (endWait) this.#inboxWaits.delete(endWait)
    }
  }

  /** `stop()` also waits for workers that were banished before. */
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
