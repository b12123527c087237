/** The worker of BullMQ. `PickUps` notes its pick-ups, and `Renewals` renews its leases. */
import { after } from '../utils/after'
import { backendOf, bullmq, type Job, type Worker, type WorkerOptions } from './bullmq'
import { isConnectionError, type Connection } from './connection'
import type { PickUps } from './pick-ups'
import type { Renewals } from './renewals'

/** The time between two attempts after an error, in ms. BullMQ would wait longer than a lease, or not at all. */
export const RETRY_AFTER = 200

/** A worker of BullMQ whose leases are renewed until its jobs are over. */
export interface LeasedWorker extends Worker {
  /** Ends its timers and connections. `close()` does not do that while the engine is down: it waits for jobs first. */
  letGo(): Promise<void>
}

export function openLeasedWorker(settings: {
  readonly queue: string
  readonly connection: Connection
  readonly options: WorkerOptions
  readonly run: (job: Job, token?: string) => Promise<unknown>
  readonly pickUps: PickUps
  readonly renewals: Renewals
}): LeasedWorker {
  const { Worker } = bullmq()
  const { queue, connection, options, run, pickUps, renewals } = settings
  let tokens = 0
  class Leased extends Worker implements LeasedWorker {
    protected override async moveToActive(token: string, name?: string): Promise<Job> {
      const own = `${token}:${++tokens}`
      return (await pickUps.ask(own, () => super.moveToActive(own, name))) as Job
    }

    override processJob(job: Job, token: string, fetchNext = () => true): Promise<void | Job> {
      const fetch = (): boolean => fetchNext() && !pickUps.isInDoubt(token)
      return renewals.during(job, () => pickUps.run(job, () => super.processJob(job, token, fetch)))
    }

    /** The end of a job and the pick-up of the next one are one request. */
    protected override async handleCompleted(...end: Parameters<Worker['handleCompleted']>): Promise<Job> {
      return (await pickUps.ask(end[2], () => super.handleCompleted(...end))) as Job
    }

    protected override async handleFailed(...end: Parameters<Worker['handleFailed']>): Promise<Job> {
      return (await pickUps.ask(end[2], () => super.handleFailed(...end))) as Job
    }

    async letGo(): Promise<void> {
      renewals.close()
      await this.backend.close(true)
    }
  }
  const worker = new Leased(queue, run, options, ...(backendOf(connection) as []))
  retryConnectionErrors(worker)
  return worker
}

/**
 * Makes errors of a lost connection known to BullMQ, and delays its other attempts. BullMQ repeats requests that fail
 * without a connection, but knows few of these errors: an outcome that could not be written during a restart of
 * PostgreSQL became a failure of the job. After other errors it asks again at once: an engine that refuses would keep
 * this thread busy.
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
        if (isConnectionError(error)) throw new Error('Connection is closed.', { cause: error })
        await new Promise<void>((resolve) => after(RETRY_AFTER, resolve))
        throw error
      }
    }, options)
}
