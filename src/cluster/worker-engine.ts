/** The worker's side of the engine: BullMQ, on Redis or PostgreSQL. */
import { dateNow, monotonic } from '../utils/clock'
import { atMost, CLOSE_LIMIT } from './at-most'
import {
  backendOf,
  bullmq,
  MOST_STALLS,
  openQueue,
  type Job,
  type Queue,
  type Worker,
  type WorkerOptions,
} from './bullmq'
import { isConnectionError, whileConnecting } from './connection'
import type { JobData, JobEnd, JobRecord, PickedJob, WorkerEngine, WorkerHandlers } from './engine'
import { callerChannel, checkEvery, controlChannel, type EngineOptions } from './engine-options'
import { ASIDE, readRecords, recordOf } from './job-records'
import { Leases } from './lease'
import { Outbox, separate } from './outbox'
import { PickUps } from './pick-ups'
import { Returns } from './returns'

/** Longer outcomes replace the arguments in the data of the job. As a return value they would also go to BullMQ's events. */
const LARGE = 256 * 1024

/** The time between two attempts to write an outcome on a lost connection, in ms. BullMQ would wait longer than a lease. */
const RETRY_AFTER = 200
/** The end of a job that a paused worker has picked up: another worker gets it. */
const HANDED_ON: JobEnd = { type: 'requeue', delay: 0 }

export interface WorkerEngineOptions extends EngineOptions {
  /** How many jobs it has at the same time. */
  readonly parallel: number
  readonly rateLimit?: { readonly max: number; readonly per: number }
}

export class BullWorkerEngine implements WorkerEngine {
  readonly #options: WorkerEngineOptions
  readonly #queue: Queue
  readonly #outbox: Outbox
  readonly #pickUps: PickUps
  #worker: Worker | undefined
  #isPaused = false
  /** The jobs that run. A machine that was stopped for a while may have picked up a job again before its first run ends. */
  readonly #picked = new Map<string, Job>()

  constructor(options: WorkerEngineOptions) {
    this.#options = options
    this.#queue = openQueue(options)
    this.#outbox = new Outbox(options.connection)
    this.#pickUps = new PickUps(options.lease, new Returns(this.#queue, options.lease))
    options.connection.whenLost(() => this.#pickUps.connectionLost())
  }

  get longestReply(): number {
    return this.#options.connection.longest
  }

  async ready(): Promise<void> {
    await this.#queue.waitUntilReady()
    await this.#worker?.waitUntilReady()
    await this.#options.connection.ready()
  }

  start(handlers: WorkerHandlers): void {
    const { connection, queue } = this.#options
    const leases = new Leases(this.#options.lease, (id) => handlers.leaseLost(id))
    connection.subscribe(
      controlChannel(queue),
      (texts) => separate(texts).forEach((text) => handlers.control(text)),
      () => undefined,
    )
    connection.hold(true)
    this.#worker = this.#openWorker(handlers, leases)
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

  /** BullMQ still takes the next job, if it waits for one already. */
  pause(): void {
    this.#isPaused = true
    void this.#worker?.pause(true)
  }

  resume(): void {
    this.#isPaused = false
    void this.#worker?.resume()
  }

  async drain(): Promise<void> {
    await this.#worker?.close()
  }

  async close(): Promise<void> {
    this.#pickUps.close()
    await atMost(CLOSE_LIMIT, this.#worker?.close(true))
    await atMost(CLOSE_LIMIT, this.#queue.close())
    await this.#options.connection.close()
  }

  #openWorker(handlers: WorkerHandlers, leases: Leases): Worker {
    const { Worker } = bullmq()
    const { queue, connection, lease, parallel, rateLimit } = this.#options
    const pickUps = this.#pickUps
    let tokens = 0
    class LeasedWorker extends Worker {
      protected override async moveToActive(token: string, name?: string): Promise<Job> {
        const own = `${token}:${++tokens}`
        return (await pickUps.ask(own, () => super.moveToActive(own, name))) as Job
      }

      override processJob(job: Job, token: string, fetchNext = () => true): Promise<void | Job> {
        return pickUps.run(job, () => super.processJob(job, token, () => fetchNext() && !pickUps.isInDoubt(token)))
      }

      /** The end of a job and the pick-up of the next one are one request. */
      protected override async handleCompleted(...end: Parameters<Worker['handleCompleted']>): Promise<Job> {
        return (await pickUps.ask(end[2], () => super.handleCompleted(...end))) as Job
      }

      protected override async handleFailed(...end: Parameters<Worker['handleFailed']>): Promise<Job> {
        return (await pickUps.ask(end[2], () => super.handleFailed(...end))) as Job
      }

      /** Notes when the renewal was sent, because the lease counts from there and the answer may come late. */
      override async extendJobLocks(ids: string[], tokens: string[], length: number): Promise<string[]> {
        const sent = monotonic()
        const failed = await super.extendJobLocks(ids, tokens, length)
        for (const id of ids) {
          if (failed.includes(id)) leases.giveUp(id)
          else if (leases.has(id)) {
            leases.renewed(id, sent)
            handlers.leaseRenewed(id, leases.goneAt(id))
          }
        }
        return failed
      }
    }
    const options: WorkerOptions = {
      connection: connection.client,
      concurrency: parallel,
      lockDuration: lease,
      lockRenewTime: lease / 3,
      stalledInterval: checkEvery(lease),
      maxStalledCount: MOST_STALLS,
      drainDelay: 5,
      runRetryDelay: RETRY_AFTER,
      ...(rateLimit && { limiter: { max: rateLimit.max, duration: rateLimit.per } }),
    }
    const ends = new WeakMap<Job, JobEnd>()
    const run = (job: Job, token = ''): Promise<unknown> => this.#run({ job, token, handlers, leases, ends })
    const worker = new LeasedWorker(queue, run, options, ...(backendOf(connection) as []))
    retryConnectionErrors(worker)
    const recorded = (job: Job | undefined): void => {
      const end = job && ends.get(job)
      if (job && end) handlers.recorded(pickedJob(job, 0), end, !job.finishedOn)
    }
    worker.on('completed', recorded)
    worker.on('failed', recorded)
    worker.on('error', () => undefined) // it connects again; what a lease protects is guarded by `Leases`
    worker.on('stalled', (id) => handlers.recovered([id]))
    return worker
  }

  async #run(picked: {
    readonly job: Job
    readonly token: string
    readonly handlers: WorkerHandlers
    readonly leases: Leases
    readonly ends: WeakMap<Job, JobEnd>
  }): Promise<unknown> {
    const { UnrecoverableError } = bullmq()
    const { job, token, handlers, leases, ends } = picked
    const id = job.id as string
    this.#picked.set(id, job)
    leases.renewed(id, monotonic() - Math.max(0, dateNow() - (job.processedOn ?? dateNow())))
    const end = this.#isPaused ? HANDED_ON : await handlers.run(pickedJob(job, leases.goneAt(id)))
    if (this.#picked.get(id) === job) {
      this.#picked.delete(id)
      leases.ended(id)
    }
    if (end.type === 'requeue') return await this.#requeue(job, token, end.delay)
    ends.set(job, end)
    if (end.type === 'finished') return await this.#write(job, token, end)
    const again = end.retry && job.attemptsMade + 1 < (job.opts.attempts ?? 1)
    throw again ? new Error(end.outcome.slice(0, LARGE)) : new UnrecoverableError(await this.#write(job, token, end))
  }

  async #requeue(job: Job, token: string, delay: number): Promise<never> {
    const { DelayedError } = bullmq()
    const { lease } = this.#options
    await this.#assertLocked(job, token)
    const data = job.data as JobData
    await whileConnecting(lease, () => job.updateData({ ...data, b: (data.b ?? 0) + 1 }))
    await whileConnecting(lease, () => job.moveToDelayed(dateNow() + delay, token))
    throw new DelayedError()
  }

  /**
   * Returns what is written as the outcome. A large one replaces the arguments, unless the call may be tried again; only
   * if the lease still holds, because another machine may have the job by now.
   */
  async #write(job: Job, token: string, { type, outcome }: Exclude<JobEnd, { type: 'requeue' }>): Promise<string> {
    if (outcome.length <= LARGE) return outcome
    await this.#assertLocked(job, token)
    const { c, b } = job.data as JobData
    const data = { ...(type === 'failed' ? (job.data as JobData) : { c, b }), r: outcome }
    await whileConnecting(this.#options.lease, () => job.updateData(data))
    return ASIDE
  }

  /** Renews the lease. Without it, another machine may have the job, and its data must not be overwritten. */
  async #assertLocked(job: Job, token: string): Promise<void> {
    const { lease } = this.#options
    const { backend } = this.#queue
    const lost = await whileConnecting(lease, () => backend.extendLocks([job.id as string], [token], lease))
    if (lost.length > 0) throw new Error('the lease was lost before the job was over')
  }
}

function pickedJob(job: Job, until: number): PickedJob {
  const record = recordOf(job, 'active')
  const data = record.data as JobData
  const since = data.t ?? job.timestamp + (job.opts.delay ?? 0)
  return { ...record, data, waited: Math.max(0, (job.processedOn ?? dateNow()) - since), until }
}

/**
 * BullMQ repeats what has failed because a connection was missing, but it knows few of the errors of a lost connection. So an
 * outcome that could not be written because PostgreSQL was restarted became a failure of the job.
 */
function retryConnectionErrors(worker: Worker): void {
  type Retry = (fn: () => Promise<unknown>, options: object) => Promise<unknown>
  const retrying = worker as unknown as { retryIfFailed: Retry }
  const base = retrying.retryIfFailed.bind(worker)
  retrying.retryIfFailed = (fn, options) =>
    base(async () => {
      try {
        return await fn()
      } catch (error) {
        throw isConnectionError(error) ? new Error('Connection is closed.', { cause: error }) : error
      }
    }, options)
}
