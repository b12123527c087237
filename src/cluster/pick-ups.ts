/**
 * The pick-ups of a worker. The engine may carry out a pick-up, and its answer may be lost with the connection. Then
 * the job is active, but no body of it runs. When its lease runs out, its caller would be told that it may have run.
 *
 *   asked ──► answered ──────────────────────────► its job runs
 *     │ connection lost: in doubt
 *     └─────► over, with or without an answer ──► active jobs under its token that no answer has named are given back
 *
 * Each pick-up has a token, which the engine writes into the job's lock. A token in doubt is not used for another
 * pick-up. So if a job is still locked by it, and this worker does not have the job, it has not started, and no answer
 * will name it.
 */
import { after, clearAfter, type Timer } from '../utils/after'
import { monotonic } from '../utils/clock'
import type { Job } from './bullmq'
import { isConnectionError } from './connection'

/**
 * The time between two searches for such jobs, in ms. The engine may carry out a request late, so one is not enough.
 */
const LOOK_EVERY = 500

interface PickUpHooks {
  /** Ids of all active jobs of the queue. */
  active(): Promise<readonly string[]>
  /** Which of the jobs are locked by the token. Renews their leases. */
  locked(ids: readonly string[], token: string): Promise<readonly string[]>
  /** Requeues a job as one that has not started. May be called again if it fails. */
  giveBack(id: string, token: string): Promise<void>
}

export class PickUps {
  readonly #hooks: PickUpHooks
  readonly #lease: number
  /** Tokens whose requests the engine has not answered, each with the number of these requests. */
  readonly #asked = new Map<string, number>()
  /** The jobs that answers have named and that are not over, each with its token. */
  readonly #hands = new Set<Job>()
  /**
   * The tokens in doubt, each with the time at which its doubt ends: one lease after its last request. Then no job of it is
   * left to give back.
   */
  readonly #doubts = new Map<string, number>()
  #timer: Timer | undefined

  /** @param lease how long a job stays locked, in ms */
  constructor(lease: number, hooks: PickUpHooks) {
    this.#lease = lease
    this.#hooks = hooks
  }

  /** Sends a request that may pick up a job. */
  async ask(token: string, request: () => Promise<Job | undefined>): Promise<Job | undefined> {
    this.#asked.set(token, (this.#asked.get(token) ?? 0) + 1)
    try {
      const job = await request()
      if (job) this.#hands.add(job)
      return job
    } catch (error) {
      if (isConnectionError(error)) this.#doubt(token)
      throw error
    } finally {
      this.#settled(token)
    }
  }

  /** Runs a job that was picked up, until it is over. */
  async run<T>(job: Job, request: () => Promise<T>): Promise<T> {
    this.#hands.add(job)
    try {
      return await request()
    } finally {
      this.#hands.delete(job)
    }
  }

  /** Whether the token must not be used for another pick-up. */
  isInDoubt(token: string): boolean {
    return this.#doubts.has(token)
  }

  /** The connection was lost. Its client may send requests again by itself. */
  connectionLost(): void {
    for (const token of this.#asked.keys()) this.#doubt(token)
  }

  close(): void {
    clearAfter(this.#timer)
    this.#doubts.clear()
  }

  #doubt(token: string): void {
    this.#doubts.set(token, Infinity)
  }

  #settled(token: string): void {
    const left = (this.#asked.get(token) as number) - 1
    if (left > 0) this.#asked.set(token, left)
    else this.#asked.delete(token)
    if (left > 0 || !this.#doubts.has(token)) return
    this.#doubts.set(token, monotonic() + this.#lease)
    this.#lookSoon()
  }

  #lookSoon(): void {
    this.#timer ??= after(LOOK_EVERY, () => void this.#look()).unref()
  }

  /** Never rejects: an engine that does not answer is asked again. */
  async #look(): Promise<void> {
    const tokens = [...this.#doubts.keys()].filter((token) => !this.#asked.has(token))
    try {
      const ids = tokens.length > 0 ? await this.#hooks.active() : []
      for (const token of tokens) await this.#giveBack(token, ids)
    } catch {
      // the next look tries again
    }
    for (const [token, until] of [...this.#doubts]) if (until <= monotonic()) this.#doubts.delete(token)
    this.#timer = undefined
    if (this.#doubts.size > 0) this.#lookSoon()
  }

  async #giveBack(token: string, active: readonly string[]): Promise<void> {
    const ids = active.filter((id) => !this.#isInHands(id, token))
    const locked = ids.length > 0 ? await this.#hooks.locked(ids, token) : []
    for (const id of locked) await this.#hooks.giveBack(id, token)
  }

  #isInHands(id: string, token: string): boolean {
    return [...this.#hands].some((job) => job.id === id && job.token === token)
  }
}
