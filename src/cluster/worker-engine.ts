/** The worker's side of the engine: BullMQ, on Redis or PostgreSQL. */
import { atMost, CLOSE_LIMIT } from './at-most'
import { bullmq, MOST_STALLS, openQueue, type Job, type Queue, type Worker, type WorkerOptions } from './bullmq'
import type { JobData, JobEnd, JobRecord, PickedJob, WorkerEngine, WorkerHandlers } from './engine'
import { areLeasesUnsafe, callerChannel, checkEvery, controlChannel, type EngineOptions } from './engine-options'
import { isRepeated } from './envelope'
import { readRecords, recordOf } from './job-records'
import { JobWrites, LARGE } from './job-writes'
import { Leases } from './lease'
import { openLeasedWorker, RETRY_AFTER, type LeasedWorker } from './leased-worker'
import { MessageSeal } from './message-seal'
import { Outbox } from './outbox'
import { PickUps } from './pick-ups'
import { Renewals } from './renewals'
import { Returns } from './returns'
import { clockError, SLOW_ANSWERS } from './sentences'
import type { Slots } from './slots'

/** How much too soon a delayed job may start, in ms. The clock of the engine is not known exactly. */
const EARLY = 50
/** How long a job is left to other machines if the clock of this one has become wrong, in ms. */
const WRONG_CLOCK_FOR = 1000
/** The end of a job that this worker has picked up although it is paused or drains: another worker gets the job. */
const HANDED_ON: JobEnd = { type: 'requeue', delay: 0 }

export interface WorkerEngineOptions extends EngineOptions {
  /** How many jobs it has at the same time. */
  readonly parallel: number
  readonly rateLimit?: { readonly max: number; readonly per: number }
  /** Shared with the other queues of this machine, if there are any. */
  readonly slots?: Slots
}

/** A job that BullMQ has picked up. */
interface BullJob {
  readonly job: Job
  readonly token: string
  readonly handlers: WorkerHandlers
  readonly leases: Leases
  readonly ends: WeakMap<Job, JobEnd>
}

/**
 * Whether jobs that are picked up start here.
 *
 *   Open ◄──► Paused
 *     └────────┴───► Closed   drain(), close()
 */
const enum Intake {
  Open,
  Paused,
  Closed,
}

export class BullWorkerEngine implements WorkerEngine {
  readonly #options: WorkerEngineOptions
  readonly #queue: Queue
  readonly #seal: MessageSeal
  readonly #outbox: Outbox
  readonly #pickUps: PickUps
  readonly #writes: JobWrites
  #worker: LeasedWorker | undefined
  #intake = Intake.Open
  /** Whether the leases are known to be reliable. Before that, no job is taken. */
  #mayRun = false
  /**
   * The jobs that run. A machine that was stopped for a while may have picked up a job again before its first run ends.
   */
  readonly #picked = new Map<string, Job>()

  constructor(options: WorkerEngineOptions) {
    this.#options = options
    this.#queue = openQueue(options)
    this.#writes = new JobWrites(this.#queue, options.lease)
    this.#seal = new MessageSeal(options.secrets, options.connection.clock)
    this.#outbox = new Outbox(options.connection, this.#seal)
    this.#pickUps = new PickUps(options.lease, new Returns(this.#queue, options.lease))
    options.connection.whenLost(() => this.#pickUps.connectionLost())
  }

  get longestReply(): number {
    return this.#outbox.longest
  }

  async ready(): Promise<void> {
    const { connection } = this.#options
    await connection.trouble.during(async () => {
      await this.#queue.waitUntilReady()
      await this.#worker?.waitUntilReady()
      await connection.ready()
      await this.#whenClockKnown()
    })
    if (this.#intake !== Intake.Closed && areLeasesUnsafe(this.#options)) throw clockError(connection.clock.offset)
  }

  problem(): unknown {
    return this.#options.connection.trouble.last
  }

  time(): number {
    return this.#options.connection.clock.now()
  }

  start(handlers: WorkerHandlers): void {
    const { connection, queue } = this.#options
    const leases = new Leases(this.#options.lease, (id) => handlers.leaseLost(id))
    const channel = controlChannel(queue)
    const hear = (published: string): void =>
      this.#seal.open(channel, published).forEach((text) => handlers.control(text))
    connection.subscribe(channel, hear, () => undefined)
    connection.hold(true)
    const worker = (this.#worker = this.#openWorker(handlers, leases))
    void this.#run(worker)
  }

  /** Takes jobs as soon as the leases are known to be reliable. */
  async #run(worker: Worker): Promise<void> {
    await this.#whenClockKnown()
    if (areLeasesUnsafe(this.#options) || this.#intake === Intake.Closed) return
    this.#mayRun = true
    if (this.#intake === Intake.Paused) await worker.pause(true) // `resume` starts it
    await worker.run().catch(() => undefined) // its errors are errors of the connection
  }

  /** In PostgreSQL, leases are compared by the clocks of the machines. */
  async #whenClockKnown(): Promise<void> {
    const { clock, kind, trouble } = this.#options.connection
    const slow = new Error(SLOW_ANSWERS)
    await clock.whenKnown(() => {
      trouble.last ??= slow
      return kind === 'redis' || this.#intake === Intake.Closed
    })
    if (trouble.last === slow) trouble.over()
  }

  read(ids: readonly string[]): Promise<JobRecord[]> {
    return readRecords(this.#queue, ids)
  }

  reply(caller: string, text: string): void {
    this.#outbox.send(callerChannel(this.#options.queue, caller), text)
  }

  async progress(id: string, value: unknown): Promise<void> {
    await this.#queue.backend.updateProgress(id, value as object)
  }

  /** BullMQ may still take a job that it already waits for. `run` hands such a job on, also while the worker drains. */
  pause(): void {
    if (this.#intake === Intake.Open) this.#intake = Intake.Paused
    if (this.#mayRun) void this.#worker?.pause(true)
  }

  resume(): void {
    if (this.#intake === Intake.Paused) this.#intake = Intake.Open
    if (this.#mayRun) void this.#worker?.resume()
  }

  async drain(): Promise<void> {
    this.#intake = Intake.Closed
    await this.#worker?.close()
  }

  async close(): Promise<void> {
    this.#intake = Intake.Closed
    this.#pickUps.close()
    await atMost(CLOSE_LIMIT, this.#worker?.close(true))
    await atMost(CLOSE_LIMIT, this.#worker?.letGo())
    await atMost(CLOSE_LIMIT, this.#queue.close())
    await this.#options.connection.close()
  }

  #openWorker(handlers: WorkerHandlers, leases: Leases): LeasedWorker {
    const { connection, lease, parallel, rateLimit } = this.#options
    const options: WorkerOptions = {
      connection: connection.client,
      autorun: false,
      concurrency: parallel,
      lockDuration: lease,
      skipLockRenewal: true,
      stalledInterval: checkEvery(lease),
      maxStalledCount: MOST_STALLS,
      drainDelay: 5,
      runRetryDelay: RETRY_AFTER,
      ...(rateLimit && { limiter: { max: rateLimit.max, duration: rateLimit.per } }),
    }
    const ends = new WeakMap<Job, JobEnd>()
    const run = (job: Job, token = ''): Promise<unknown> => this.#runJob({ job, token, handlers, leases, ends })
    const renewals = this.#renewals(handlers, leases)
    const worker = openLeasedWorker({
      queue: this.#queue,
      connection,
      options,
      run,
      pickUps: this.#pickUps,
      renewals,
      slots: this.#options.slots,
    })
    const recorded = (job: Job | undefined): void => {
      const end = job && ends.get(job)
      if (job && end) handlers.recorded(this.#pick(job, 0), end, !job.finishedOn)
    }
    worker.on('completed', recorded)
    worker.on('failed', recorded)
    worker.on('error', () => undefined) // it connects again; `Leases` guards what a lease protects
    worker.on('stalled', (id) => handlers.recovered([id]))
    return worker
  }

  #renewals(handlers: WorkerHandlers, leases: Leases): Renewals {
    const { lease } = this.#options
    return new Renewals(lease, RETRY_AFTER, {
      extend: (ids, tokens) => this.#queue.backend.extendLocks(ids, tokens, lease),
      renewed: (job, sent) => {
        const id = job.id as string
        if (this.#picked.get(id) !== job || !leases.has(id)) return
        leases.renewed(id, sent)
        handlers.leaseRenewed(id, leases.goneAt(id))
      },
      refused: (job) => {
        if (this.#picked.get(job.id as string) === job) leases.giveUp(job.id as string)
      },
    })
  }

  async #runJob(picked: BullJob): Promise<unknown> {
    const { UnrecoverableError } = bullmq()
    const { job, token, leases, ends } = picked
    const id = job.id as string
    if (this.#picked.has(id)) leases.giveUp(id) // an earlier attempt has lost its lease, and this machine was not told
    this.#picked.set(id, job)
    const end = await this.#runLeased(picked).finally(() => {
      if (this.#picked.get(id) !== job) return
      this.#picked.delete(id)
      leases.ended(id)
    })
    if (end.type === 'requeue') return await this.#writes.requeue(job, token, end.delay)
    ends.set(job, end)
    if (end.type === 'finished') return await this.#writes.outcome(job, token, end)
    const again = end.retry && job.attemptsMade + 1 < (job.opts.attempts ?? 1)
    throw again
      ? new Error(end.outcome.slice(0, LARGE))
      : new UnrecoverableError(await this.#writes.outcome(job, token, end))
  }

  async #runLeased({ job, token, handlers, leases }: BullJob): Promise<JobEnd> {
    const id = job.id as string
    leases.renewed(id, await this.#writes.leasedAt(job, token))
    return this.#notYet(job) ?? (await handlers.run(this.#pick(job, leases.goneAt(id))))
  }

  /**
   * The end of a job that must not start now: this worker is paused or drains, or its clock is ahead of the engine's.
   */
  #notYet(job: Job): JobEnd | undefined {
    if (this.#intake !== Intake.Open) return HANDED_ON
    if (areLeasesUnsafe(this.#options)) return { type: 'requeue', delay: WRONG_CLOCK_FOR }
    const early = startsAt(job) - this.time()
    const isDelayed = job.attemptsMade === 0 && Number(job.opts.delay) > 0 && !isRepeated(job.id as string)
    return isDelayed && early > EARLY ? { type: 'requeue', delay: early } : undefined
  }

  #pick(job: Job, until: number): PickedJob {
    const record = recordOf(job, 'active')
    return { ...record, data: record.data as JobData, waited: Math.max(0, this.time() - startsAt(job)), until }
  }
}

/** When a job could start, by the clock of the engine. */
const startsAt = ({ data, timestamp, opts }: Job): number =>
  (data as JobData | undefined)?.t ?? timestamp + (opts.delay ?? 0)
