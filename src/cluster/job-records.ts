/** Records of BullMQ's jobs. */
import type { Job, Queue } from './bullmq'
import type { JobData, JobRecord, JobState } from './engine'

/** The return value of a job whose outcome is in its data. */
export const ASIDE = 'aside'
/** BullMQ's other states all mean that the job waits. */
const STATES: Readonly<Record<string, JobState>> = {
  active: 'active',
  completed: 'finished',
  failed: 'failed',
  unknown: 'missing',
}

/** How often a job is read that is in none of the engine's lists: it may be on its way from one list to another. */
const MOST_READS = 5

const missing = (id: string): JobRecord => ({ id, state: 'missing', pickUps: 0, failures: 0, attempts: 1 })

export async function readRecords(
  queue: Pick<Queue, 'getJob' | 'getJobState'>,
  ids: readonly string[],
): Promise<JobRecord[]> {
  return await Promise.all(
    ids.map(async (id): Promise<JobRecord> => {
      for (let reads = 1; ; reads++) {
        const job = await queue.getJob(id)
        if (!job) return missing(id)
        if (job.finishedOn) return recordOf(job, endOf(job))
        const state = await queue.getJobState(id)
        if (state === 'active') return recordOf(job, state)
        // An engine that evicts keys may have lost the list of the job, but not the job itself: nothing will run it.
        if (stateOf(state) === 'missing' && reads === MOST_READS) return missing(id)
        if (stateOf(state) === 'waiting' && !(await hasChanged(queue, job))) return recordOf(job, 'waiting')
      }
    }),
  )
}

/**
 * Whether a job has changed since it was read. Its counts and its state are read one after the other. If the job starts
 * between the two reads, they would say that its worker was lost.
 */
async function hasChanged(queue: Pick<Queue, 'getJob'>, before: Job): Promise<boolean> {
  if (before.attemptsStarted === 0) return false
  const job = await queue.getJob(before.id as string)
  const counts = ({ attemptsStarted, attemptsMade, data }: Job): string =>
    [attemptsStarted, attemptsMade, (data as JobData).b].join()
  return !job || Boolean(job.finishedOn) || counts(job) !== counts(before)
}

/**
 * A job that was tried again keeps the reason of its last failure, so the reason does not tell how the job has ended.
 */
const endOf = (job: Job): JobState => (typeof job.returnvalue === 'string' ? 'finished' : 'failed')

export const stateOf = (state: string): JobState => STATES[state] ?? 'waiting'

export function recordOf(job: Job, state: JobState): JobRecord {
  const all = dataOf(job) as StoredData
  const written = (
    state === 'failed' ? job.failedReason : state === 'finished' ? job.returnvalue : lostEnd(job)
  ) as unknown
  return {
    id: job.id as string,
    name: job.name,
    state,
    data: all.r === undefined ? all : withoutOutcome(all),
    pickUps: job.attemptsStarted,
    failures: job.attemptsMade,
    attempts: job.opts.attempts || 1, // BullMQ has 0 if the job has no such option
    outcome: written === ASIDE ? textOf(all.r) : textOf(written),
    progress: job.progress,
  }
}

/** The data of a job whose large outcome was written: the outcome, and how often the job had failed before. */
type StoredData = JobData & { readonly r?: unknown; readonly n?: unknown }

export const withoutOutcome = ({ r: _outcome, n: _failures, ...data }: StoredData): JobData => data

/** What a job that is not over has for an outcome: nothing, unless its machine was lost before the end was recorded. */
const lostEnd = (job: Job): unknown => ((dataOf(job) as StoredData).n === job.attemptsMade ? ASIDE : undefined)

/** The data of a job, which another program may have added. */
export const dataOf = ({ data }: Job): Partial<JobData> =>
  typeof data === 'object' && data !== null ? (data as Partial<JobData>) : {}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
