/**
 * Renews the leases of the jobs of a worker, from the pick-up until the outcome is recorded.
 *
 * BullMQ's own renewal is switched off: it waits for each answer before it sends the next renewal, so one stalled
 * connection ends all leases. It does not repeat a renewal that failed. And it tracks jobs by their ids: the end of one
 * attempt stops the renewals of the next one, if both are on this machine.
 */
import { after, clearAfter, type Timer } from '../utils/after'
import { monotonic } from '../utils/clock'
import type { Job } from './bullmq'

/** How many renewals are sent in the time of one lease. As many may be unanswered: older ones would be too late. */
const PER_LEASE = 6

interface RenewalHooks {
  /** Returns the ids of the jobs that are not locked by their tokens. */
  extend(ids: string[], tokens: string[]): Promise<readonly string[]>
  /**
   * @param sent when the renewal was sent, in ms of `monotonic()`: the lease counts from there, and the answer may come
   * late
   */
  renewed(job: Job, sent: number): void
  /** Another machine may have the job. */
  refused(job: Job): void
}

export class Renewals {
  readonly #hooks: RenewalHooks
  readonly #every: number
  readonly #retryAfter: number
  /** The jobs by their ids. A job that was picked up again has lost its first lease: only its last lease is renewed. */
  readonly #jobs = new Map<string, Job>()
  #unanswered = 0
  #isClosed = false
  #timer: Timer | undefined

  /**
   * @param length of a lease, in ms
   * @param retryAfter the time after which a renewal that failed is repeated, in ms
   */
  constructor(length: number, retryAfter: number, hooks: RenewalHooks) {
    this.#hooks = hooks
    this.#every = length / PER_LEASE
    this.#retryAfter = Math.min(retryAfter, this.#every)
  }

  /** Renews the lease of a job until `request` is over. */
  async during<T>(job: Job, request: () => Promise<T>): Promise<T> {
    const id = job.id as string
    this.#jobs.set(id, job)
    if (!this.#isClosed) this.#timer ??= this.#arm(this.#every)
    try {
      return await request()
    } finally {
      if (this.#jobs.get(id) === job) this.#jobs.delete(id)
      if (this.#jobs.size === 0) this.#stop()
    }
  }

  close(): void {
    this.#isClosed = true
    this.#stop()
  }

  #stop(): void {
    clearAfter(this.#timer)
    this.#timer = undefined
  }

  #arm(ms: number): Timer {
    return after(ms, () => {
      this.#timer = this.#arm(this.#every)
      if (this.#unanswered < PER_LEASE) void this.#renew([...this.#jobs.values()])
    }).unref()
  }

  /** Never rejects. */
  async #renew(jobs: readonly Job[]): Promise<void> {
    const sent = monotonic()
    this.#unanswered++
    try {
      const refused = await this.#hooks.extend(
        jobs.map(({ id }) => id as string),
        jobs.map(({ token }) => token as string),
      )
      for (const job of jobs) {
        const id = job.id as string
        if (this.#jobs.get(id) !== job) continue // over, or picked up again
        if (refused.includes(id)) this.#hooks.refused(job)
        else this.#hooks.renewed(job, sent)
      }
    } catch {
      this.#retry()
    } finally {
      this.#unanswered--
    }
  }

  #retry(): void {
    if (!this.#timer) return
    clearAfter(this.#timer)
    this.#timer = this.#arm(this.#retryAfter)
  }
}
