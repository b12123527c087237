/** The worker of BullMQ: notes its pick-ups and its renewals. */
import { after } from '../utils/after'
import { monotonic } from '../utils/clock'
import { backendOf, bullmq, type Job, type Worker, type WorkerOptions } from './bullmq'
import { isConnectionError, type Connection } from './connection'
import type { WorkerHandlers } from './engine'
import type { Leases } from './lease'
import type { PickUps } from './pick-ups'

/** The time between two attempts after an error, in ms. BullMQ would wait longer than a lease, or not at all. */
export const RETRY_AFTER = 200

/** A worker of BullMQ whose renewals are noted. */
export interface LeasedWorker extends Worker {
  /** Ends its timers and connections. `close()` does not come to them if the engine is down: it waits for jobs first. */
  letGo(): Promise<void>
}

export function openLeasedWorker(settings: {
  readonly queue: string
  readonly connection: Connection
  readonly options: WorkerOptions
  readonly run: (job: Job, token?: string) => Promise<unknown>
  readonly pickUps: PickUps
  readonly leases: Leases
  readonly handlers: WorkerHandlers
}): LeasedWorker {
  const { Worker } = bullmq()
  const { queue, connection, options, run, pickUps, leases, handlers } = settings
  let tokens = 0
  class Leased extends Worker implements LeasedWorker {
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

    async letGo(): Promise<void> {
      await this.lockManager.close()
      await this.backend.close(true)
    }
  }
  const worker = new Leased(queue, run, options, ...(backendOf(connection) as []))
  retryConnectionErrors(worker)
  return worker
}

/**
 * BullMQ repeats what has failed because a connection was missing, but it knows few of the errors of a lost connection. So an
 * outcome that could not be written because PostgreSQL was restarted became a failure of the job. After other errors it asks
 * again at once, so an engine that refuses the program would keep this thread busy. Hence the delay.
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
