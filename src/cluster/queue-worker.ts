/**
 * The public worker of a queue: takes calls, and runs their bodies in processes of this machine.
 *
 *   job ──► checked: version, signature, starts, limits, modules ──► ProcessPool ──► body
 *                                                                        │
 *   record ◄── sealed outcome ◄──────────────────────────────────────────┘
 *
 * User code never runs in this thread, so a body that blocks cannot keep it from renewing the leases of its jobs.
 */
import { availableParallelism, hostname } from 'node:os'
import type { PoolError } from '../errors'
import { ProcessPool } from '../pools/process-pool'
import { warnOnce } from '../registry/warn-once'
import { checkOption, checkOptions } from '../utils/options'
import { AllowedModules } from './allowed-modules'
import { atMost } from './at-most'
import { connect } from './connect'
import type { WorkerEngine } from './engine'
import { BullWorkerEngine } from './worker-engine'
import { useRoot } from './program-root'
import { QueueJobs, type JobCounts } from './queue-jobs'
import { queuesRule, queueWorkerRules, type QueueWorkerOptions } from './worker-options'
import { secretsOf } from './secrets'
import type { Secrets } from './signatures'
import { Slots } from './slots'
import { CLUSTER_WARNING } from './sentences'
import { reasonOf, refusedError } from './trouble'

/** How long outcomes may take to be recorded when the worker closes, in ms: the engine may be down. */
const RECORD_LIMIT = 5000

/** Numbers of a worker at one moment. */
export interface QueueWorkerStats extends JobCounts {
  readonly state: 'running' | 'paused' | 'closing' | 'closed'
  /** Processes that have not exited. */
  readonly processes: number
}

/**
 * Takes the calls of a queue and runs them in processes of this machine. Make one per machine, in a program of its own
 * (`npx pebble-ts work`).
 *
 * @throws {TypeError} an option is missing, unknown or of the wrong type; {@link RangeError} an option is out of range;
 * {@link PoolError} `bullmq`, `ioredis` or `pg` is not installed
 * @example
 * await using worker = new QueueWorker('reports', { modules: ['dist/reports.js'], connection: process.env.REDIS_URL })
 */
export class QueueWorker implements AsyncDisposable {
  /** The name by which callers see it: `db7:4711`. */
  readonly name = `${hostname()}:${process.pid}`
  readonly #engines: readonly WorkerEngine[]
  readonly #jobs: readonly QueueJobs[]
  readonly #pool: ProcessPool
  readonly #slots: Slots | undefined
  readonly #ownsPool: boolean
  readonly #drain: number
  #state: QueueWorkerStats['state'] = 'running'
  #closed: Promise<void> | undefined

  constructor(queue: string | readonly string[], given: QueueWorkerOptions) {
    const queues = Array.isArray(queue) ? [...(queue as readonly string[])] : [queue as string]
    checkOption('queue', queues, queuesRule)
    const options = checkOptions('new QueueWorker()', given, queueWorkerRules) as QueueWorkerOptions
    const { connection, modules, allow, lease = 15_000, rateLimit, prefetch = 0, drain = 30_000 } = options
    for (const [name, value] of Object.entries({ connection, modules })) {
      if (value === undefined) throw new TypeError(`Expected \`${name}\` in the options of new QueueWorker()`)
    }
    const secrets = queues.map((each) => secretsOf('new QueueWorker()', each, options.secret))
    const root = useRoot(options.root)
    const allowed = new AllowedModules(root, modules, allow)
    const processes = options.processes ?? availableParallelism()
    this.#drain = drain
    this.#ownsPool = options.pool === undefined
    this.#pool = options.pool ?? new ProcessPool({ maxWorkers: processes, name: `worker of '${String(queue)}'` })
    const parallel = (options.pool?.maxWorkers ?? processes) + prefetch
    if (queues.length > 1) this.#slots = new Slots(parallel)
    this.#engines = queues.map((each, at) => {
      const own = { queue: each, secrets: secrets[at] as Secrets, connection: connect(connection) }
      return new BullWorkerEngine({ ...own, lease, keep: 0, keepFailed: 0, parallel, rateLimit, slots: this.#slots })
    })
    this.#jobs = this.#engines.map((engine, at) => {
      const jobs = new QueueJobs({
        engine,
        queue: queues[at] as string,
        name: this.name,
        pool: this.#pool,
        secrets: secrets[at] as Secrets,
        allowed,
        root,
        broken: (error) => this.#broken(error),
      })
      engine.start(jobs)
      return jobs
    })
  }

  /** Resolves once calls are taken. */
  async ready(): Promise<void> {
    try {
      for (const engine of this.#engines) await engine.ready()
    } catch (error) {
      throw refusedError(error)
    }
  }

  /** @internal Why it is not ready yet, as far as is known. */
  problem(): string | undefined {
    return reasonOf(this.#engines.map((engine) => engine.problem()).find((problem) => problem !== undefined))
  }

  /** Takes no more calls until `resume()`. Those that run go on. */
  pause(): void {
    if (this.#state !== 'running') return
    this.#state = 'paused'
    for (const engine of this.#engines) engine.pause()
  }

  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    for (const engine of this.#engines) engine.resume()
  }

  /**
   * Takes no more calls, and resolves when those that run are done and recorded. After the option `drain` their bodies are
   * stopped, and their callers are notified.
   *
   * @param options `drain`: another limit, in ms
   */
  close({ drain = this.#drain }: { readonly drain?: number } = {}): Promise<void> {
    if (this.#closed !== undefined && drain < this.#drain) for (const jobs of this.#jobs) jobs.stopIn(drain)
    return (this.#closed ??= this.#close(drain))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  stats(): QueueWorkerStats {
    const sum = (of: (counts: JobCounts) => number): number =>
      this.#jobs.reduce((total, jobs) => total + of(jobs.counts()), 0)
    return {
      state: this.#state,
      processes: this.#pool.stats().workers,
      running: sum(({ running }) => running),
      done: sum(({ done }) => done),
      refused: sum(({ refused }) => refused),
      lost: sum(({ lost }) => lost),
    }
  }

  /** The processes do not start. Without a pause, this machine would pick up every call and give it back. */
  #broken({ message }: PoolError): void {
    this.pause()
    const text = `Worker machine ${this.name} takes no more calls, because its processes do not start: ${message} Correct the cause, then restart the machine.`
    warnOnce(`broken worker machine ${this.name}`, text, CLUSTER_WARNING)
  }

  async #close(drain: number): Promise<void> {
    this.#state = 'closing'
    this.#slots?.close()
    for (const jobs of this.#jobs) jobs.stopIn(drain)
    const isBusy = this.#jobs.some((jobs) => jobs.counts().running > 0)
    const limit = RECORD_LIMIT + (isBusy ? drain : 0)
    await Promise.all(this.#engines.map((engine) => atMost(limit, engine.drain())))
    if (this.#ownsPool) {
      this.#pool.stop()
      await this.#pool.join()
    }
    for (const engine of this.#engines) await engine.close()
    this.#state = 'closed'
  }
}
