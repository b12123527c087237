/** Writes to jobs whose leases this machine holds. */
import { dateNow, monotonic } from '../utils/clock'
import { bullmq, type Job, type Queue } from './bullmq'
import { whileConnecting } from './connection'
import type { JobData, JobEnd } from './engine'
import { ASIDE } from './job-records'

/**
 * Longer outcomes, in characters, replace the arguments in the data of the job. As a return value they would also go to
 * BullMQ's events.
 */
export const LARGE = 256 * 1024

export class JobWrites {
  readonly #queue: Queue
  readonly #lease: number

  constructor(queue: Queue, lease: number) {
    this.#queue = queue
    this.#lease = lease
  }

  /**
   * When the lease of a job that was just picked up began. If the answer was late, little is left of the lease: it is
   * renewed.
   */
  async leasedAt(job: Job, token: string): Promise<number> {
    const age = Math.max(0, dateNow() - (job.processedOn ?? dateNow()))
    const sent = monotonic()
    if (age < this.#lease / 3) return sent - age
    await this.#assertLocked(job, token)
    return sent
  }

  async requeue(job: Job, token: string, delay: number): Promise<never> {
    const { DelayedError } = bullmq()
    await this.#assertLocked(job, token)
    const data = job.data as JobData
    await whileConnecting(this.#lease, () => job.updateData({ ...data, b: (data.b ?? 0) + 1 }))
    await whileConnecting(this.#lease, () => job.moveToDelayed(dateNow() + delay, token))
    throw new DelayedError()
  }

  /**
   * Returns the text that is recorded as the outcome. A large outcome replaces the arguments, unless the call may be
   * tried again. This needs a lease that still holds, because another machine may have the job by now.
   */
  async outcome(job: Job, token: string, { type, outcome }: Exclude<JobEnd, { type: 'requeue' }>): Promise<string> {
    if (outcome.length <= LARGE) return outcome
    await this.#assertLocked(job, token)
    const { c, b } = job.data as JobData
    const data = { ...(type === 'failed' ? (job.data as JobData) : { c, b }), r: outcome, n: job.attemptsMade }
    await whileConnecting(this.#lease, () => job.updateData(data))
    return ASIDE
  }

  /** Renews the lease. Without a lease, another machine may have the job, whose data must not be overwritten then. */
  async #assertLocked(job: Job, token: string): Promise<void> {
    const { backend } = this.#queue
    const lost = await whileConnecting(this.#lease, () => backend.extendLocks([job.id as string], [token], this.#lease))
    if (lost.length > 0) throw new Error('the lease was lost before the job was over')
  }
}
