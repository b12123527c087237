/**
 * The worker of BullMQ. `PickUps` notes its pick-ups, and `Renewals` renews its leases. If the machine has several queues,
 * it picks up a job only if it has a slot, and gives the slot back when the body is over.
 *
 *   slot taken ──► picked up ──► body runs ──► slot given back ──► recorded ──► the next job, if a slot is free
 */
import { after, clearAfter } from '../utils/after'
import { backendOf, bullmq, passOn, type Job, type Queue, type Worker, type WorkerOptions } from './bullmq'
import { isConnectionError, type Connection } from './connection'
import type { PickUps } from './pick-ups'
import type { Renewals } from './renewals'
import { JobSlots, type Slots } from './slots'

/** The time between two attempts after an error, in ms. BullMQ would wait longer than a lease, or not at all. */
export const RETRY_AFTER = 200

/** How long a queue waits for a slot until another machine is told of its jobs, in ms. */
const PASS_ON_AFTER = 100

/** A worker of BullMQ whose leases are renewed until its jobs are over. */
export interface LeasedWorker extends Worker {
  /** Ends its timers and connections. `close()` does not do that while the engine is down: it waits for jobs first. */
  letGo(): Promise<void>
}

export function openLeasedWorker(settings: {
  readonly queue: Queue
  readonly connection: Connection
  readonly options: WorkerOptions
  readonly run: (job: Job, token?: string) => Promise<unknown>
  readonly pickUps: PickUps
  readonly renewals: Renewals
  readonly slots: Slots | undefined
}): LeasedWorker {
  const { Worker } = bullmq()
  const { queue, connection, options, pickUps, renewals } = settings
  const slots = new JobSlots(settings.slots)
  const run = async (job: Job, token?: string): Promise<unknown> => {
    try {
      return await settings.run(job, token)
    } finally {
      slots.release(job)
    }
  }
  /** Without this, other machines look after 5 s. */
  const passOnJob = (): void => void passOn(queue, connection).catch(() => undefined)
  let tokens = 0
  class Leased extends Worker implements LeasedWorker {
    protected override async moveToActive(token: string, name?: string): Promise<Job> {
      const own = `${token}:${++tokens}`
      const pickUp = (): Promise<Job | undefined> => pickUps.ask(own, () => super.moveToActive(own, name))
      if (settings.slots === undefined) return (await pickUp()) as Job
      try {
        return (await this.#withSlot(token, pickUp)) as Job
      } catch (error) {
        if (!isConnectionError(error)) throw error
        await pause(RETRY_AFTER)
        return undefined as never // if BullMQ repeated the request itself, it would not go on with its other jobs meanwhile
      }
    }

    override async processJob(job: Job, token: string, fetchNext = () => true): Promise<void | Job> {
      const fetch = (): boolean => fetchNext() && !pickUps.isInDoubt(token) && slots.tryTake(token)
      const process = (): Promise<Job | undefined> =>
        renewals.during(job, () => pickUps.run(job, () => super.processJob(job, token, fetch) as Promise<Job>))
      try {
        return await slots.during(token, process)
      } finally {
        slots.release(job)
      }
    }

    /**
     * Picks up a job as soon as there is a slot. Meanwhile BullMQ goes on with the jobs that it has, as it does while it
     * waits for a job.
     */
    async #withSlot(token: string, pickUp: () => Promise<Job | undefined>): Promise<Job | undefined> {
      if (slots.tryTake(token)) return await slots.during(token, pickUp)
      const own = this as unknown as { waiting: Promise<unknown> | null }
      const before = own.waiting
      const taken = slots.take(token)
      own.waiting = taken
      // If queues without jobs passed this on at each turn, they would never rest.
      const passing = after(PASS_ON_AFTER, passOnJob).unref()
      try {
        const isTaken = await taken
        clearAfter(passing)
        if (isTaken && !this.isPaused() && !this.closing) return await slots.during(token, pickUp)
        slots.giveBack(token)
        passOnJob()
        return undefined
      } finally {
        own.waiting = before
      }
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
  const worker = new Leased(queue.name, run, options, ...(backendOf(connection) as []))
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
        await pause(RETRY_AFTER)
        throw error
      }
    }, options)
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => after(ms, resolve))
