import type { JobEnd, JobRecord, PickedJob, WorkerEngine, WorkerHandlers } from '../../src/cluster/engine'
import { Leases } from '../../src/cluster/lease'
import { after } from '../../src/utils/after'
import { monotonic } from '../../src/utils/clock'
import type { MemoryEngine } from './engine-memory'

/** A worker of an engine in memory. It can die without a word. */
export class MemoryWorker implements WorkerEngine {
  readonly longestReply = 1_000
  readonly options: { readonly parallel: number; readonly lease: number }
  readonly leases: Leases
  handlers: WorkerHandlers | undefined
  readonly #engine: MemoryEngine
  readonly #open = new Map<string, Promise<void>>()
  #takes = true
  #isDead = false

  constructor(engine: MemoryEngine, options: { readonly parallel: number; readonly lease: number }) {
    this.#engine = engine
    this.options = options
    this.leases = new Leases(options.lease, (id) => !this.#isDead && this.handlers?.leaseLost(id))
  }

  get hasRoom(): boolean {
    return this.#takes && this.#open.size < this.options.parallel
  }

  get isDead(): boolean {
    return this.#isDead
  }

  ready(): Promise<void> {
    return this.#engine.answer(() => undefined)
  }

  problem(): undefined {
    return undefined
  }

  time(): number {
    return monotonic()
  }

  start(handlers: WorkerHandlers): void {
    this.handlers = handlers
    this.#engine.workers.add(this)
    this.#engine.offer()
    this.#renew()
  }

  read(ids: readonly string[]): Promise<JobRecord[]> {
    return this.#engine.answer(() => ids.map((id) => this.#engine.record(id)))
  }

  reply(caller: string, text: string): void {
    if (!this.#isDead) this.#engine.reply(caller, text)
  }

  async progress(id: string, value: unknown): Promise<void> {
    await this.#engine.answer(() => {
      const stored = this.#engine.jobs.get(id)
      if (stored) stored.progress = value
    })
  }

  pause(): void {
    this.#takes = false
  }

  resume(): void {
    this.#takes = true
    this.#engine.offer()
  }

  async drain(): Promise<void> {
    this.#takes = false
    await Promise.all(this.#open.values())
  }

  async close(): Promise<void> {
    this.die()
  }

  /** Nothing that it still does reaches the engine. */
  die(): void {
    this.#isDead = true
    this.#takes = false
    this.#engine.workers.delete(this)
  }

  /** Runs a job that was picked up. */
  run(job: PickedJob): void {
    this.leases.renewed(job.id, monotonic())
    const done = this.#run(job).finally(() => {
      this.#open.delete(job.id)
      this.#engine.offer()
    })
    this.#open.set(job.id, done)
  }

  async #run(job: PickedJob): Promise<void> {
    const handlers = this.handlers as WorkerHandlers
    const end: JobEnd = await handlers.run(job)
    this.leases.ended(job.id)
    const again = await this.#engine.answer(() => (this.#isDead ? undefined : this.#engine.end(this, job.id, end)))
    if (again !== undefined) handlers.recorded({ ...job, ...this.#engine.record(job.id) }, end, again)
  }

  /** Renews its leases, and looks for those of others that have run out. */
  #renew(): void {
    after(this.options.lease / 3, () => {
      if (this.#isDead) return
      void this.#renewAll()
      this.#renew()
    }).unref()
  }

  async #renewAll(): Promise<void> {
    const sent = monotonic()
    const lost = await this.#engine.answer(() => {
      if (this.#isDead) return []
      for (const id of this.#open.keys()) {
        const lease = this.#engine.jobs.get(id)?.lease
        if (lease?.worker !== this || lease.until <= monotonic()) this.leases.giveUp(id)
        else {
          lease.until = monotonic() + this.options.lease
          if (this.leases.has(id)) this.leases.renewed(id, sent)
        }
      }
      return this.#engine.recoverLost()
    })
    if (lost.length > 0 && !this.#isDead) this.handlers?.recovered(lost)
  }
}
