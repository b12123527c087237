import { CancelledError } from '../errors'
import { warnOfCallback } from '../utils/failures'
import { mustSuspend } from '../pools/suspended'
import { ProcessPool } from '../pools/process-pool'
import { schedulable, SCHEDULED } from '../pools/schedulable'
import { ThreadPool } from '../pools/thread-pool'
import { Queue } from '../queues/queue'
import { after, clearAfter, type Timer } from '../utils/after'
import { runOutside } from '../utils/async-context'
import { checkOptions } from '../utils/options'
import { workerRules, type Box, type WorkerOptions } from './options'
import { PauseSwitch } from './pause-switch'
import { readWork } from './work'

/**
 * Takes work from an inbox and runs it in a thread or process of its own, one piece at a time. Results go into an outbox
 * and errors into an errbox. If the thread or process dies, the work that it ran fails, and a new one takes its place.
 *
 * A {@link WorkerPool} has many of them; used alone, it is a pool of one. `Worker` of Python's `workers`.
 *
 * @throws {TypeError} an option is unknown or of the wrong type; {@link RangeError} an option is out of range
 * @example
 * const worker = new Worker({ name: 'solo' })
 * await worker.inbox.put([hash, ['a.txt']])
 */
export class Worker implements AsyncDisposable {
  readonly inbox: Box
  readonly outbox: Box
  readonly errbox: Box
  /** `Worker-3-suffix`. */
  readonly name: string
  readonly #pauseSwitch: PauseSwitch
  readonly #createPool: () => ThreadPool | ProcessPool
  /** Made for the first work: of the thousands of workers that a pool may have, most may never get any. */
  #pool: ThreadPool | ProcessPool | undefined
  readonly #withData: boolean
  readonly #ended: Promise<void>
  #calls = 0
  #isBanished = false
  /** Ends the current wait. */
  #interrupt: () => void = () => undefined

  constructor(options?: WorkerOptions)
  /** @internal */
  constructor(options: WorkerOptions, pauseSwitch: PauseSwitch)
  constructor(options?: WorkerOptions, pauseSwitch = new PauseSwitch()) {
    const given = checkOptions('new Worker()', options, workerRules)
    const { inbox, outbox, errbox, name = 'x', stagger = 0, workerSetup, kind = 'thread' } = given
    this.inbox = inbox ?? new Queue()
    this.outbox = outbox ?? new Queue()
    this.errbox = errbox ?? new Queue()
    this.name = `Worker-${name}`
    this.#pauseSwitch = pauseSwitch
    this.#withData = workerSetup !== undefined
    const Pool = kind === 'thread' ? ThreadPool : ProcessPool
    const setup = workerSetup && { initializer: workerSetup, initArgs: [{ name: this.name }] }
    this.#createPool = () => new Pool({ name: this.name, maxWorkers: 1, ...setup })
    this.#ended = mustSuspend() ? Promise.resolve() : runOutside(this.#work, this, stagger)
  }

  /** Takes work again after a {@link pause}. For the worker of a pool, this goes for the whole pool. */
  run(): void {
    this.#pauseSwitch.set(false)
  }

  /** Takes no work until {@link run}; current work is finished. For the worker of a pool, this goes for the whole pool. */
  pause(): void {
    this.#pauseSwitch.set(true)
  }

  /** Takes no more work. Resolves when its current work is done and its thread or process has ended. */
  banish(): Promise<void> {
    this.#isBanished = true
    this.#interrupt()
    return this.#ended
  }

  /** Resolves when the worker was banished and has ended. Unlike {@link banish}, it does not end the worker. */
  join(): Promise<void> {
    return this.#ended
  }

  /** Banishes: `await using worker = new Worker()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.banish()
  }

  async #work(stagger: number): Promise<void> {
    const unsubscribe = this.#pauseSwitch.onChange(() => this.#interrupt())
    if (stagger > 0) await this.#delay(stagger)
    while (!this.#isBanished) {
      if (this.#pauseSwitch.isPaused) await this.#pauseEnd()
      else await this.#takeOne()
    }
    unsubscribe()
    this.#pool?.close()
    await this.#pool?.join()
  }

  /** Waits for one piece of work and does it. Returns without work if it is banished or paused. */
  async #takeOne(): Promise<void> {
    const interruption = new AbortController()
    this.#interrupt = () => interruption.abort()
    let item: unknown
    try {
      item = await this.inbox.get({ signal: interruption.signal })
    } catch (error) {
      if (error instanceof CancelledError) return
      this.#isBanished = true // the inbox cannot be used any more
      await this.#deliver(this.errbox, error)
      return
    }
    this.#interrupt = () => undefined
    await this.#do(item)
  }

  /** Waits `ms` ms. Only `banish()` ends the wait early. */
  async #delay(ms: number): Promise<void> {
    let timer: Timer | undefined
    await new Promise<void>((resolve) => {
      timer = after(ms, resolve)
      this.#interrupt = () => {
        if (this.#isBanished) resolve()
      }
    })
    clearAfter(timer)
  }

  /** Waits for the end of the pause, or for `banish()`. */
  #pauseEnd(): Promise<void> {
    return new Promise((resolve) => {
      this.#interrupt = () => {
        if (this.#isBanished || !this.#pauseSwitch.isPaused) resolve()
      }
    })
  }

  async #do(item: unknown): Promise<void> {
    try {
      await this.outbox.put(await this.#call(item))
    } catch (error) {
      await this.#deliver(this.errbox, error)
    }
    try {
      this.inbox.taskDone()
    } catch (error) {
      warnOfCallback(error, `taskDone() of the inbox of ${this.name}`) // other code has called taskDone() for it
    }
  }

  #call(item: unknown): Promise<unknown> {
    const { fn, args } = readWork(item, this.#withData)
    const request = { ...schedulable(fn), args, options: SCHEDULED }
    this.#pool ??= this.#createPool()
    return this.#pool.dispatch(request, ++this.#calls, {}, { workerData: this.#withData }).future
  }

  async #deliver(box: Box, error: unknown): Promise<void> {
    try {
      await box.put(error)
    } catch (reason) {
      warnOfCallback(reason, `The errbox of ${this.name}`)
    }
  }
}
