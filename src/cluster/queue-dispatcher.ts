/**
 * Runs the calls of one caller on other machines, and settles every one of them.
 *
 *   submit ──► sealed ──► added, together with others of this turn ──► the queue ─ ─ ─► a worker machine
 *                                                                                          │
 *   ledger ◄── outcome ◄── a reply says that it has ended (a hint, soon) ◄─────────────────┤
 *      ▲                                                                                   ▼
 *      └────── verdict ◄── the sweep reads the records of calls without recent news    ◄── record (the truth)
 *
 * A call settles by its record or by a verdict on it (`verdict.ts`), by its limits, or by a cancellation: once, because
 * the ledger lets the first one win.
 */
import { CallState, type Call } from '../dispatch/call'
import { cancelledError, droppedError } from '../dispatch/call-errors'
import { CallLedger } from '../dispatch/call-ledger'
import type { PoolDispatcher, DispatcherStats } from '../dispatch/pool-dispatcher'
import type { CancelledError } from '../errors'
import { after, clearAfter, type Timer } from '../utils/after'
import { runOutside } from '../utils/async-context'
import { monotonic } from '../utils/clock'
import { CallClock } from './call-clock'
import type { CallerEngine, JobRecord, NewJob } from './engine'
import { Hold } from './hold'
import { JobSender } from './job-sender'
import { NoWorkerWatch } from './no-worker-watch'
import { newJob, type NewJobOptions } from './new-job'
import type { QueueCall } from './queue-call'
import { parseMessage, type Reply } from './replies'
import { Revoker } from './revoker'
import * as say from './sentences'
import { Settler } from './settler'
import { Sweep } from './sweep'
import { refusedError } from './trouble'
import { WaitingLimit } from './waiting-limit'

/** How long `end()` waits for the next cancelled call to be out of the queue, in ms: the engine may be down. */
const REVOKE_LIMIT = 5000

export interface QueueDispatcherOptions extends NewJobOptions {
  /** The name of the queue. */
  readonly queue: string
  readonly engine: CallerEngine
  /** How long the queue may take to accept a call, in ms. */
  readonly connectTimeout: number
  /** The time between two sweeps, in ms. */
  readonly checkEvery: number
}

export class QueueDispatcher implements PoolDispatcher {
  readonly broken = false
  readonly clock = new CallClock()
  readonly ledger = new CallLedger(this.clock)
  readonly hold: Hold
  readonly #options: QueueDispatcherOptions
  readonly #engine: CallerEngine
  /** The pending calls by the ids of their jobs. Several may wait for one job. */
  readonly #calls = new Map<string, QueueCall[]>()
  readonly #sweep: Sweep
  readonly #settler: Settler
  readonly #revoker: Revoker
  readonly #sender: JobSender
  readonly #workers: NoWorkerWatch
  readonly #waitingLimit: WaitingLimit
  #isListening = false

  constructor(options: QueueDispatcherOptions) {
    this.#options = options
    this.#engine = options.engine
    this.hold = new Hold(options.engine)
    this.#revoker = new Revoker(options.engine, this.hold)
    this.#settler = new Settler(this.ledger, this.clock, options)
    this.#sender = new JobSender(options, {
      added: (call) => this.#added(call),
      failed: (call, error) => this.ledger.fail(call, error),
    })
    this.#workers = new NoWorkerWatch(options, () => this.#couldRun())
    this.#sweep = new Sweep(options, {
      calls: () => this.#all(),
      isOurs: (id) => this.#calls.has(id),
      record: (record, asked) => this.#read(record, asked),
    })
    this.#waitingLimit = new WaitingLimit(options.engine, this.ledger, {
      shared: (id) => (this.#calls.get(id) ?? []).length,
      removing: (id, removal) => this.#revoker.remove(id, removal),
      lookAt: (ids) => this.#sweep.lookAt(ids),
      hint: () => this.#workers.hint(),
    })
  }

  submit(submitted: Call): void {
    const call = submitted as QueueCall
    call.dispatcher = this
    this.ledger.accept()
    this.clock.accepted(call)
    runOutside(this.#accept, this, call)
  }

  /**
   * Waits for a call that another program, or another run of this one, has made.
   *
   * @param exists resolves to whether there is such a call
   */
  attach(call: QueueCall, exists: Promise<boolean> = Promise.resolve(true)): void {
    call.dispatcher = this
    call.isAttached = true
    call.polls = true
    this.ledger.accept()
    runOutside(() => this.#wait(call), undefined)
    exists.then(
      (found) => this.#attached(call, found),
      (error: unknown) => this.ledger.fail(call, error),
    )
  }

  #attached(call: QueueCall, exists: boolean): void {
    call.addedAt = monotonic()
    if (call.state === CallState.Settled) this.#added(call)
    else if (exists) this.#sweep.lookAt([call.id])
    else this.ledger.fail(call, say.noRecordError(call.id, this.#options.queue))
  }

  async ready(): Promise<void> {
    this.#listen()
    await this.hold.during(() => this.#answered())
  }

  async #answered(): Promise<void> {
    const { queue, connectTimeout } = this.#options
    let timer: Timer | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = after(connectTimeout, () => reject(say.notReadyError(queue, connectTimeout, this.#engine.problem())))
    })
    try {
      await Promise.race([this.#engine.ready(), late])
    } catch (error) {
      throw refusedError(error)
    } finally {
      clearAfter(timer)
    }
  }

  cancel(submitted: Call, reason?: unknown): boolean {
    const call = submitted as QueueCall
    if (call.state === CallState.Settled) return false
    return runOutside(this.#cancel, this, [call, cancelledError(call, reason)] as const)
  }

  stop(alsoRunning: boolean): void {
    const ending = this.#all().filter((call) => alsoRunning || !call.running())
    runOutside(() => ending.forEach((call) => this.#cancel([call, droppedError(call)])), undefined)
  }

  async end(): Promise<void> {
    await this.ledger.whenEmpty()
    this.hold.take()
    await this.#revoker.whenDone(REVOKE_LIMIT)
    this.#revoker.close()
    this.#sweep.stop()
    await this.#engine.close()
  }

  /** Messages to running bodies cannot be sent over a queue. */
  tell(): boolean {
    return false
  }

  flush(): void {
    this.#sender.send()
  }

  /** No call is held back. */
  resume(): void {}

  /** The workers belong to other programs. */
  retire(): void {}

  stats(): DispatcherStats {
    const running = this.#all().filter((call) => call.running()).length
    return { workers: 0, idle: 0, running, started: 0, ...this.clock.stats() }
  }

  oldestQueued(): number {
    const waiting = this.#all().filter((call) => !call.running() && call.times)
    return Math.max(0, ...waiting.map((call) => this.clock.age(call)))
  }

  #accept(call: QueueCall): void {
    try {
      const job = this.jobOf(call)
      if (this.#revoker.isRevoking(call.id)) void this.#sendLater(call, job)
      else this.#sender.push(call, job)
    } catch (error) {
      this.ledger.fail(call, error)
      return
    }
    this.#wait(call)
  }

  /** An earlier call of this id was cancelled, and is still in the queue. */
  async #sendLater(call: QueueCall, job: NewJob): Promise<void> {
    try {
      await this.whenRevoked(call)
      this.#sender.push(call, job)
    } catch (error) {
      this.ledger.fail(call, error)
    }
  }

  /**
   * Resolves when a job of this id can be added, or tried again.
   *
   * @throws {PoolError} the engine is silent
   */
  async whenRevoked({ id, label }: Pick<QueueCall, 'id' | 'label'>): Promise<void> {
    const { connectTimeout } = this.#options
    if (await this.#revoker.whenRevoked(id, connectTimeout)) return
    throw say.unreachableError(label, connectTimeout, this.#engine.problem())
  }

  /** @throws {SerializationError} the call cannot be sent to other machines; {@link TypeError} it is a stream */
  jobOf(call: Pick<QueueCall, 'id' | 'label' | 'payload' | 'limits'>): NewJob {
    return newJob(call, this.#options, this.#engine.time())
  }

  /** From now on the call is pending here. */
  #wait(call: QueueCall): void {
    this.#listen()
    const { id, limits } = call
    const calls = this.#calls.get(id)
    if (calls) calls.push(call)
    else this.#calls.set(id, [call])
    this.hold.take()
    call.whenSettled(() => this.#forget(call))
    if (limits.queueTimeout !== undefined) this.#waitingLimit.watch(call, limits.queueTimeout + (limits.delay ?? 0))
    this.#sweep.start()
    this.#workers.start()
  }

  /** How many calls wait, without those that are delayed. */
  #couldRun(): number {
    const isDue = (call: QueueCall): boolean => this.clock.age(call) > (call.limits.delay ?? 0)
    return this.#all().filter((call) => call.isAdded && !call.running() && isDue(call)).length
  }

  #listen(): void {
    if (this.#isListening) return
    this.#isListening = true
    const { caller } = this.#options
    this.#engine.listen(
      caller,
      (text) => runOutside(this.#reply, this, text),
      () => this.#sweep.lookAt([...this.#calls.keys()]),
    )
  }

  #forget(call: QueueCall): void {
    const left = (this.#calls.get(call.id) ?? []).filter((each) => each !== call)
    if (left.length > 0) this.#calls.set(call.id, left)
    else this.#calls.delete(call.id)
    if (this.#calls.size === 0) {
      this.#sweep.stop()
      this.#workers.stop()
    }
    this.hold.release()
  }

  #added(call: QueueCall): void {
    if (call.polls) this.#sweep.start()
    if (call.wasMissed) this.#sweep.lookAt([call.id])
    if (call.state !== CallState.Settled || call.isOver || this.#calls.has(call.id)) return
    this.#revoker.revoke(call.id) // it was cancelled or given up meanwhile
  }

  #reply(text: string): void {
    const reply = parseMessage<Reply>(text)
    const waiting = (reply && this.#calls.get(reply.id)) ?? []
    const calls = waiting.filter((call) => call.isAdded || !call.isAttached) // `retry` waits for the outcome of the next run
    if (!reply || calls.length === 0) return
    this.#workers.heard()
    const isEnough = [...calls].map((call) => this.#settler.reply(call, reply))
    if (!isEnough.includes(false)) return
    for (const call of calls) call.wasMissed ||= !call.isAdded // a record that is read now would not count
    this.#sweep.lookAt([reply.id])
  }

  #read(record: JobRecord, asked: number): void {
    const calls = (this.#calls.get(record.id) ?? []).filter((call) => call.addedAt <= asked)
    for (const call of calls) this.#settler.record(call, record)
  }

  #cancel([call, error]: readonly [QueueCall, CancelledError]): boolean {
    const cancelled = this.ledger.cancel(call, error)
    if (cancelled && call.isAdded && !this.#calls.has(call.id)) this.#revoker.revoke(call.id)
    return cancelled
  }

  #all(): QueueCall[] {
    return [...this.#calls.values()].flat()
  }
}
