/** The worker's side of the engine: BullMQ, on Redis or PostgreSQL. */
import { dateNow, now } from '../utils/clock'
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
import type { JobData, JobEnd, JobRecord, PickedJob, WorkerEngine, WorkerHandlers } from './engine'
import { callerChannel, checkEvery, controlChannel, type EngineOptions } from './engine-options'
import { ASIDE, readRecords, recordOf } from './job-records'
import { Leases } from './lease'
import { Outbox } from './outbox'

/** Longer outcomes replace the arguments in the job's data: as a return value they would go to the events, too. */
const LARGE = 256 * 1024

export interface WorkerEngineOptions extends EngineOptions {
  /** How many jobs it has at the same time. */
  readonly parallel: number
  readonly rateLimit?: { readonly max: number; readonly per: number }
}

export class BullWorkerEngine implements WorkerEngine {
  readonly #options: WorkerEngineOptions
  readonly #queue: Queue
  readonly #outbox: Outbox
  #worker: Worker | undefined

  constructor(options: WorkerEngineOptions) {
    this.#options = options
    this.#queue = openQueue(options)
    this.#outbox = new Outbox(options.connection)
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
      (text) => handlers.control(text),
      () => undefined,
    )
    connection.hold(true)
    this.#worker = this.#openWorker(handlers, leases)
  }

  read(ids: readonly string[]): Promise<JobRecord[]> {
    return readRecords(this.#queue, ids)
  }

  get longestReply(): number {
    return this.#options.connection.longest
  }

  reply(caller: string, text: string): void {
    this.#outbox.send(callerChannel(this.#options.queue, caller), text)
  }

  async progress(id: string, value: unknown): Promise<void> {
    await this.#queue.backend.updateProgress(id, value as object)
  }

  pause(): void {
    void this.#worker?.pause(true)
  }

  resume(): void {
    void this.#worker?.resume()
  }

  async drain(): Promise<void> {
    await this.#worker?.close()
  }

  async close(): Promise<void> {
    await this.#worker?.close(true)
    await this.#queue.close()
    await this.#options.connection.close()
  }

  #openWorker(handlers: WorkerHandlers, leases: Leases): Worker {
    const { Worker } = bullmq()
    const { queue, connection, lease, parallel, rateLimit } = this.#options
    /** Notes when the renewal was sent: the answer may come late, and the lease does not wait for it. */
    class LeasedWorker extends Worker {
      override async extendJobLocks(ids: string[], tokens: string[], length: number): Promise<string[]> {
        const sent = now()
        const failed = await super.extendJobLocks(ids, tokens, length)
        for (const id of ids) {
          if (failed.includes(id)) leases.giveUp(id)
          else if (leases.has(id)) leases.renewed(id, sent)
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
      ...(rateLimit && { limiter: { max: rateLimit.max, duration: rateLimit.per } }),
    }
    const ends = new Map<string, JobEnd>()
    const run = (job: Job, token?: string): Promise<unknown> => this.#run({ job, token, handlers, leases, ends })
    const worker = new LeasedWorker(queue, run, options, ...(backendOf(connection) as []))
    const recorded = (job: Job | undefined): void => {
      const end = job && ends.get(job.id as string)
      if (!job || !end) return
      ends.delete(job.id as string)
      handlers.recorded(pickedJob(job), end, !job.finishedOn)
    }
    worker.on('completed', recorded)
    worker.on('failed', recorded)
    worker.on('error', () => undefined) // it connects again; what a lease protects is guarded by `Leases`
    worker.on('stalled', (id) => handlers.recovered([id]))
    return worker
  }

  async #run(picked: {
    readonly job: Job
    readonly token: string | undefined
    readonly handlers: WorkerHandlers
    readonly leases: Leases
    readonly ends: Map<string, JobEnd>
  }): Promise<unknown> {
    const { DelayedError, UnrecoverableError } = bullmq()
    const { job, token, handlers, leases, ends } = picked
    const id = job.id as string
    leases.renewed(id, now() - Math.max(0, dateNow() - (job.processedOn ?? dateNow())))
    const end = await handlers.run(pickedJob(job))
    leases.ended(id)
    if (end.type === 'requeue') {
      const data = job.data as JobData
      await job.updateData({ ...data, b: (data.b ?? 0) + 1 })
      await job.moveToDelayed(dateNow() + end.delay, token)
      throw new DelayedError()
    }
    ends.set(id, end)
    if (end.type === 'finished') return await this.#write(job, end.outcome, false)
    throw end.retry
      ? new Error(end.outcome.slice(0, LARGE))
      : new UnrecoverableError(await this.#write(job, end.outcome, true))
  }

  /** Returns what is written as the outcome. A large one replaces the arguments, unless the call may be tried again. */
  async #write(job: Job, outcome: string, failed: boolean): Promise<string> {
    if (outcome.length <= LARGE) return outcome
    const { c, b } = job.data as JobData
    await job.updateData({ ...(failed ? (job.data as JobData) : { c, b }), r: outcome })
    return ASIDE
  }
}

function pickedJob(job: Job): PickedJob {
  const record = recordOf(job, 'active')
  const waited = Math.max(0, (job.processedOn ?? dateNow()) - job.timestamp - (job.opts.delay ?? 0))
  return { ...record, data: record.data as JobData, waited }
}
