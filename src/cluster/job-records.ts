/** Records of BullMQ's jobs. */
import type { Job, Queue } from './bullmq'
import type { JobData, JobRecord, JobState } from './engine'
import { lostStarts, startsOf } from './verdict'

/** Stands for an outcome that is in the job's data. */
export const ASIDE = 'aside'
/** All other states are kinds of waiting. A job that has ended since it was read still runs, as far as was read. */
const STATES: Readonly<Record<string, JobState>> = {
  active: 'active',
  unknown: 'missing',
  completed: 'active',
  failed: 'active',
}

export async function readRecords(
  queue: Pick<Queue, 'getJob' | 'getJobState'>,
  ids: readonly string[],
): Promise<JobRecord[]> {
  return await Promise.all(ids.map((id) => readRecord(queue, id)))
}

/**
 * The state and the counts of a job are read one after the other, and it may end between. So counts that say that its
 * worker was lost are read again: they hold if they are still the same.
 */
async function readRecord(queue: Pick<Queue, 'getJob' | 'getJobState'>, id: string): Promise<JobRecord> {
  for (let last: JobRecord | undefined; ;) {
    const job = await queue.getJob(id)
    if (!job) return { id, state: 'missing', pickUps: 0, failures: 0, attempts: 1 }
    const record = recordOf(job, job.finishedOn ? endOf(job) : stateOf(await queue.getJobState(id)))
    if (record.state !== 'waiting' || lostStarts(record) === 0) return record
    if (last && startsOf(last) === startsOf(record) && last.failures === record.failures) return record
    last = record
  }
}

const endOf = (job: Job): JobState => (job.failedReason ? 'failed' : 'finished')

export const stateOf = (state: string): JobState => STATES[state] ?? 'waiting'

export function recordOf(job: Job, state: JobState): JobRecord {
  const { r, ...data } = dataOf(job) as JobData & { r?: unknown }
  const written = (
    state === 'failed' ? job.failedReason : state === 'finished' ? job.returnvalue : undefined
  ) as unknown
  return {
    id: job.id as string,
    name: job.name,
    state,
    data,
    pickUps: job.attemptsStarted,
    failures: job.attemptsMade,
    attempts: job.opts.attempts ?? 1,
    outcome: written === ASIDE ? textOf(r) : textOf(written),
    progress: job.progress,
  }
}

/** The queue may hold jobs of other programs. */
export const dataOf = ({ data }: Job): Partial<JobData> =>
  typeof data === 'object' && data !== null ? (data as Partial<JobData>) : {}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
