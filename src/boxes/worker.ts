import { CancelledError } from '../errors'
import { warnOfCallback } from '../utils/failures'
import { mustSuspend } from '../pools/suspended'
import { ProcessPool } from '../pools/process-pool'
import { schedulable } from '../pools/schedulable'
import { submitTo } from '../pools/submit-to'
import { ThreadPool } from '../pools/thread-pool'
import { Queue } from '../queues/queue'
import { after, clearAfter, type Timer } from '../utils/after'
import { runOutside } from '../utils/async-context'
import { checkOptions } from '../utils/options'
import { workerRules, type Box, type WorkerOptions } from './box-options'
import { PauseSwitch } from './pause-switch'
import { readWork } from './work'

const SCHEDULED = { flavour: 'concurrent', state: 'snapshot' } as const

/**
 * One worker that takes work from an inbox, as it is free, and puts results into an outbox and errors into an errbox:
 * a thread, or process, of its own. A worker that dies fails the work it did; another takes its place.
 *
 * Pools have many; by itself it is a pool of one. `Worker` of Python's `workers`.
 *
 * @throws {TypeError} an unknown option or one of the wrong type, {@link RangeError} one out of range
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
  readonly #gate: PauseSwitch
  readonly #createPool: () => ThreadPool | ProcessPool
  /** Made for the first work: a pool may have thousands of workers, most of which never come to any. */
  #pool: ThreadPool | ProcessPool | undefined
  readonly #withData: boolean
  readonly #ended: Promise<void>
  #calls = 0
  #isBanished = false
  /** Ends the wait at hand. */
  #interrupt: () => void = () => undefined

  constructor(options?: WorkerOptions)
  /** @internal */
  constructor(options: WorkerOptions, gate: PauseSwitch)
  constructor(options?: WorkerOptions, gate = new PauseSwitch()) {
    const given = checkOptions('new Worker()', options, workerRules)
    const { inbox, outbox, errbox, name = 'x', stagger = 0, workerSetup, kind = 'thread' } = given
    this.inbox = inbox ?? new Queue()
    this.outbox = outbox ?? new Queue()
    this.errbox = errbox ?? new Queue()
    this.name = `Worker-${name}`
    this.#gate = gate
    this.#withData = workerSetup !== undefined
    const Pool = kind === 'thread' ? ThreadPool : ProcessPool
    const setup = workerSetup && { initializer: workerSetup, initArgs: [{ name: this.name }] }
    this.#createPool = () => new Pool({ name: this.name, maxWorkers: 1, ...setup })
    this.#ended = mustSuspend() ? Promise.resolve() : runOutside(this.#work, this, stagger)
  }

  /** Takes work again after a {@link pause}. Of a pool's worker: with all of its pool. */
  run(): void {
    this.#gate.set(true)
  }

  /** Takes no work until {@link run}; what it does is finished. Of a pool's worker: with all of its pool. */
  pause(): void {
    this.#gate.set(false)
  }

  /** Takes no more work. Resolves when what it does is done, and its thread or process has ended. */
  banish(): Promise<void> {
    this.#isBanished = true
    this.#interrupt()
    return this.#ended
  }

  /** Resolves when it was banished and has ended. */
  join(): Promise<void> {
    return this.#ended
  }

  /** Banishes: `await using worker = new Worker()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.banish()
  }

  async #work(stagger: number): Promise<void> {
    const deafen = this.#gate.onChange(() => this.#interrupt())
    if (stagger > 0) await this.#rest(stagger)
    while (!this.#isBanished) {
      if (this.#gate.isOpen) await this.#turn()
      else await this.#rest(Infinity)
    }
    deafen()
    this.#pool?.close()
    await this.#pool?.join()
  }

  /** One piece of work, where one comes before the interruption. */
  async #turn(): Promise<void> {
    const interruption = new AbortController()
    this.#interrupt = () => interruption.abort()
    let item: unknown
    try {
      item = await this.inbox.get({ signal: interruption.signal })
    } catch (error) {
      if (error instanceof CancelledError) return
      this.#isBanished = true // there is no inbox any more
      await this.#deliver(this.errbox, error)
      return
    }
    this.#interrupt = () => undefined
    await this.#do(item)
  }

  /** Until the interruption that matters: being banished, or the end of a pause. */
  async #rest(ms: number): Promise<void> {
    const wasOpen = this.#gate.isOpen
    let timer: Timer | undefined
    await new Promise<void>((resolve) => {
      timer = after(ms, resolve)
      this.#interrupt = () => {
        if (this.#isBanished || (ms === Infinity && this.#gate.isOpen !== wasOpen)) resolve()
      }
    })
    clearAfter(timer)
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
      warnOfCallback(error, `taskDone() of the inbox of ${this.name}`) // somebody else has counted its work
    }
  }

  #call(item: unknown): Promise<unknown> {
    const { fn, args } = readWork(item, this.#withData)
    const request = { ...schedulable(fn), args, options: SCHEDULED }
    this.#pool ??= this.#createPool()
    return submitTo(this.#pool, request, ++this.#calls, {}, { workerData: this.#withData }).future
  }

  async #deliver(box: Box, error: unknown): Promise<void> {
    try {
      await box.put(error)
    } catch (reason) {
      warnOfCallback(reason, `The errbox of ${this.name}`)
    }
  }
}
