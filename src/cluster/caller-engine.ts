/** The caller's side of the engine: BullMQ, on Redis or PostgreSQL. */
import { atMost, CLOSE_LIMIT } from './at-most'
import { leaveRepetition, openQueue, type Queue } from './bullmq'
import type { CallerEngine, JobData, JobRecord, NewJob, QueueCounts, Repetition } from './engine'
import { areLeasesUnsafe, callerChannel, controlChannel, type EngineOptions } from './engine-options'
import { readRecords, stateOf, withoutOutcome } from './job-records'
import { MessageSeal } from './message-seal'
import { Outbox } from './outbox'
import type { Trouble } from './trouble'

/** The lowest and the highest priority of BullMQ. 0 goes before all others there, so no call has it. */
const MIDDLE = 2 ** 20
const HIGHEST = 2 ** 21 - 1

export class BullCallerEngine implements CallerEngine {
  readonly #options: EngineOptions
  readonly #queue: Queue
  readonly #trouble: Trouble
  readonly #seal: MessageSeal
  readonly #outbox: Outbox
  #closed = false

  constructor(options: EngineOptions) {
    this.#options = options
    this.#trouble = options.connection.trouble
    this.#queue = openQueue(options)
    this.#seal = new MessageSeal(options.secrets, options.connection.clock)
    this.#outbox = new Outbox(options.connection, this.#seal)
  }

  async ready(): Promise<void> {
    await this.#trouble.during(async () => {
      await this.#queue.waitUntilReady()
      await this.#options.connection.ready()
    })
  }

  problem(): unknown {
    return this.#trouble.last
  }

  time(): number {
    return this.#options.connection.clock.now()
  }

  /** A single job is added without a transaction, which takes less time. */
  async add(jobs: readonly NewJob[]): Promise<void> {
    await this.#trouble.during(() => this.#options.connection.clock.known())
    const timestamp = this.time()
    const all = jobs.map((job) => ({ name: job.name, data: job.data, opts: { ...this.#jobOptions(job), timestamp } }))
    const [first] = all
    await this.#trouble.during<unknown>(() =>
      all.length === 1 && first ? this.#queue.add(first.name, first.data, first.opts) : this.#queue.addBulk(all),
    )
  }

  async remove(id: string): Promise<boolean> {
    if (stateOf(await this.#queue.getJobState(id)) !== 'waiting') return false
    return (await this.#queue.remove(id)) === 1
  }

  read(ids: readonly string[]): Promise<JobRecord[]> {
    return readRecords(this.#queue, ids)
  }

  /**
   * PostgreSQL compares leases by the clock of the machine that asks. A wrong clock would give up leases that still
   * hold.
   */
  async recoverLost(): Promise<readonly string[]> {
    await this.#options.connection.clock.known()
    if (areLeasesUnsafe(this.#options)) return []
    return await this.#queue.backend.moveStalledJobsToWait()
  }

  listen(caller: string, reply: (text: string) => void, resumed: () => void): void {
    const { queue, connection } = this.#options
    const channel = callerChannel(queue, caller)
    connection.subscribe(channel, (published) => this.#seal.open(channel, published).forEach(reply), resumed)
  }

  reply(caller: string, text: string): void {
    this.#outbox.send(callerChannel(this.#options.queue, caller), text)
  }

  control(text: string): Promise<void> {
    this.#outbox.send(controlChannel(this.#options.queue), text)
    return Promise.resolve()
  }

  async counts(): Promise<QueueCounts> {
    const counts = await this.#queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed')
    const of = (state: string): number => counts[state] ?? 0
    const workers = await this.#queue.getWorkersCount()
    return {
      waiting: of('waiting') + of('prioritized'),
      active: of('active'),
      delayed: of('delayed'),
      failed: of('failed'),
      workers,
    }
  }

  async failed(start: number, end: number): Promise<readonly string[]> {
    const jobs = await this.#queue.getJobs(['failed'], start, end, false)
    return jobs.map((job) => job.id as string)
  }

  async retry(id: string, renew: (data: JobData) => JobData): Promise<boolean> {
    const job = await this.#queue.getJob(id)
    if (!job || !(await job.isFailed())) return false
    const { b: _requeues, ...data } = withoutOutcome(job.data as JobData)
    await leaveRepetition(this.#queue, this.#options.connection, id)
    await job.updateData({ ...renew(data), t: this.time() })
    await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true })
    return true
  }

  async forget(id: string): Promise<void> {
    await leaveRepetition(this.#queue, this.#options.connection, id)
    await this.#queue.remove(id)
  }

  async repeat(key: string, { every, cron, timezone }: Repetition, job: Omit<NewJob, 'id'>): Promise<void> {
    const schedule = every === undefined ? { pattern: cron as string, tz: timezone } : { every }
    await this.#queue.upsertJobScheduler(key, schedule, { name: job.name, data: job.data, opts: this.#jobOptions(job) })
  }

  unrepeat(key: string): Promise<boolean> {
    return this.#queue.removeJobScheduler(key)
  }

  hold(alive: boolean): void {
    this.#options.connection.hold(alive)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await atMost(CLOSE_LIMIT, this.#queue.close())
    await this.#options.connection.close()
  }

  #jobOptions({ priority, delay, attempts, backoff, ...job }: Omit<NewJob, 'id'> & { readonly id?: string }): object {
    return {
      ...('id' in job && { jobId: job.id }),
      priority: Math.min(HIGHEST, Math.max(1, MIDDLE - Math.round(priority))),
      ...(delay > 0 && { delay }),
      ...(attempts > 1 && { attempts, backoff: { type: 'exponential', delay: backoff } }),
      removeOnComplete: { age: this.#options.keep / 1000 },
      removeOnFail: { age: this.#options.keepFailed / 1000 },
      stackTraceLimit: 0,
    }
  }
}
