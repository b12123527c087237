/**
 * What the cluster needs from a queue engine. `caller-engine.ts` and `worker-engine.ts` implement it; the specs have an
 * engine in memory, with a virtual clock.
 *
 *   caller                          engine                              worker machine
 *   CallerEngine.add ─────────────► jobs ─── lease ───────────────────► WorkerEngine.start(handler)
 *     ▲   .read ◄────────────────── records (the truth) ◄─────────────── what the handler returns
 *     └── .listen ◄──────────────── replies (hints, may be lost) ◄────── WorkerEngine.reply
 *         .control ───────────────► control (hints, may be lost) ──────► WorkerHandlers.control
 *
 * A job is one call. Its record says what has happened to it; replies only make that known sooner. So a lost, repeated
 * or reordered reply only causes a delay.
 */

/** The data of a job. The engine does not read it. */
export interface JobData {
  /** The caller that waits for the outcome: its reply channel. */
  readonly c: string
  /** How often workers have requeued the job without starting it. */
  readonly b?: number
  /** When it was allowed to start again after it had failed, in ms since 1970 by the clock of the engine. */
  readonly t?: number
  readonly [field: string]: unknown
}

export interface NewJob {
  readonly id: string
  /** The name that dashboards show. */
  readonly name: string
  readonly data: JobData
  /** Jobs with a higher number go first. */
  readonly priority: number
  /** How long it waits before it may start, in ms. */
  readonly delay: number
  /** How often it may start, and how long it waits before it starts again, in ms; doubled each time. */
  readonly attempts: number
  readonly backoff: number
}

/**
 *   Waiting ◄──► Active ──► Finished | Failed        Missing: no record is left, or there never was one
 */
export type JobState = 'waiting' | 'active' | 'finished' | 'failed' | 'missing'

/** What the engine knows of a job. */
export interface JobRecord {
  readonly id: string
  readonly name?: string
  readonly state: JobState
  readonly data?: JobData
  /** How often it has been picked up. */
  readonly pickUps: number
  /** How often a body of it has failed and had to run again. */
  readonly failures: number
  /** How often it may start. */
  readonly attempts: number
  /**
   * What its worker wrote when its body ended. If the worker was lost before it recorded the end of the job, the job has an
   * outcome and waits, or is active again.
   */
  readonly outcome?: string
  /** The last progress. */
  readonly progress?: unknown
}

/** How many jobs of the whole queue are in each state. */
export interface QueueCounts {
  readonly waiting: number
  readonly active: number
  readonly delayed: number
  readonly failed: number
  readonly workers: number
}

export interface CallerEngine {
  /** Resolves when the engine answers, and replies arrive. Rejects if it refuses this program. */
  ready(): Promise<void>
  /** The last error of the connection; `undefined`: it works, as far as is known. */
  problem(): unknown
  /** ms since 1970, by the clock of the engine. */
  time(): number
  /** Adds jobs. One whose id has a record already is left as it is. */
  add(jobs: readonly NewJob[]): Promise<void>
  /** Removes a job that no worker has picked up. `false`: it was picked up, is over, or has no record. */
  remove(id: string): Promise<boolean>
  read(ids: readonly string[]): Promise<JobRecord[]>
  /** Puts jobs whose worker has lost its lease back into the queue. Resolves to their ids. */
  recoverLost(): Promise<readonly string[]>
  /** @param resumed called if replies may have been lost; the records show what has happened meanwhile */
  listen(caller: string, reply: (text: string) => void, resumed: () => void): void
  reply(caller: string, text: string): void
  /** Sends a message to all workers of the queue. */
  control(text: string): Promise<void>
  counts(): Promise<QueueCounts>
  /** Ids of failed jobs, the newest first. */
  failed(start: number, end: number): Promise<readonly string[]>
  /**
   * Lets a failed job start again, as if it had never started.
   *
   * @param renew returns the new data of the job
   */
  retry(id: string, renew: (data: JobData) => JobData): Promise<boolean>
  /** Removes a record. */
  forget(id: string): Promise<void>
  repeat(key: string, schedule: Repetition, job: Omit<NewJob, 'id'>): Promise<void>
  unrepeat(key: string): Promise<boolean>
  /** Sets whether the connections keep the program alive. */
  hold(alive: boolean): void
  close(): Promise<void>
}

export interface Repetition {
  readonly every?: number
  readonly cron?: string
  readonly timezone?: string
}

/** A job that a worker has picked up. Its lease is renewed until the handler is done. */
export interface PickedJob extends JobRecord {
  readonly data: JobData
  /** How long it has waited since it could start, in ms. */
  readonly waited: number
  /** When its process must have ended unless the lease is renewed, in ms of `monotonic()`. */
  readonly until: number
}

/** What a handler returns for a job. */
export type JobEnd =
  | { readonly type: 'finished'; readonly outcome: string }
  /** @param retry whether the job starts again, if its attempts allow */
  | { readonly type: 'failed'; readonly outcome: string; readonly retry: boolean }
  /** The job has not started. Another worker may take it after `delay` ms. */
  | { readonly type: 'requeue'; readonly delay: number }

export interface WorkerHandlers {
  /** Runs a job. Never rejects. */
  run(job: PickedJob): Promise<JobEnd>
  /** The record of the job is written. `again`: it is in the queue once more. */
  recorded(job: PickedJob, end: JobEnd, again: boolean): void
  /** @param until when its process must have ended, as {@link PickedJob.until} */
  leaseRenewed(id: string, until: number): void
  /** The lease of the job is no longer certain: its body must not go on. */
  leaseLost(id: string): void
  /** Jobs whose worker has lost its lease were requeued. */
  recovered(ids: readonly string[]): void
  control(text: string): void
}

export interface WorkerEngine {
  /** The longest reply, in characters. Longer ones are lost. */
  readonly longestReply: number
  /** Resolves when jobs are taken. Rejects if the engine refuses this program. */
  ready(): Promise<void>
  /** As in {@link CallerEngine}. */
  problem(): unknown
  /** ms since 1970, by the clock of the engine. */
  time(): number
  start(handlers: WorkerHandlers): void
  read(ids: readonly string[]): Promise<JobRecord[]>
  reply(caller: string, text: string): void
  progress(id: string, value: unknown): Promise<void>
  pause(): void
  resume(): void
  /** Takes no more jobs. Resolves when the outcomes of the jobs that it has taken are recorded. */
  drain(): Promise<void>
  close(): Promise<void>
}
