/** Records of BullMQ's jobs. */
import type { Job, Queue } from './bullmq'
import type { JobData, JobRecord, JobState } from './engine'

/** Stands for an outcome that is in the job's data. */
export const ASIDE = 'aside'
/** All other states are kinds of waiting. */
const STATES: Readonly<Record<string, JobState>> = { active: 'active', unknown: 'missing' }

export async function readRecords(
  queue: Pick<Queue, 'getJob' | 'getJobState'>,
  ids: readonly string[],
): Promise<JobRecord[]> {
  return await Promise.all(
    ids.map(async (id): Promise<JobRecord> => {
      const job = await queue.getJob(id)
      if (!job) return { id, state: 'missing', pickUps: 0, failures: 0, attempts: 1 }
      const state = job.finishedOn ? endOf(job) : stateOf(await queue.getJobState(id))
      return recordOf(job, state)
    }),
  )
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
