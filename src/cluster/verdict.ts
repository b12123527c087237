/** What the record of a job says about its call. */
import type { RetryCause } from '../dispatch/retries'
import { PoolError } from '../errors'
import type { JobRecord } from './engine'
import { headOf, type CallEnvelope, type FarLimits } from './envelope'

/** How often a job has started, the current start included. */
export const startsOf = ({ pickUps, data }: Pick<JobRecord, 'pickUps' | 'data'>): number => pickUps - (data?.b ?? 0)

/**
 * How often the worker of a job was lost: a start ends in an outcome, a failure or a requeue, or its worker was lost.
 */
export function lostStarts({ pickUps, failures, state, data }: JobRecord): number {
  const current = state === 'active' || state === 'finished' || state === 'failed' ? 1 : 0
  return Math.max(0, pickUps - failures - (data?.b ?? 0) - current)
}

/** Whether a job that has lost its worker may start again. */
export function mayRestart({ on, attempts = 1 }: FarLimits, record: JobRecord): boolean {
  const current = record.state === 'active' ? 1 : 0
  return (on?.includes('lost') ?? false) && startsOf(record) - current < attempts
}

/** Whether a job that has failed starts again. Lost starts count as well, although the engine does not know of them. */
export function mayRetry(job: JobRecord, { on, attempts = 1 }: FarLimits, cause: RetryCause): boolean {
  return (on?.includes(cause) ?? false) && startsOf(job) < attempts
}

export type Verdict = 'pending' | 'active' | 'ended' | 'lost' | 'gone'

/**
 * What has happened to a call.
 *
 * `lost`: its worker was lost, and it may not start again. The next worker that picks it up writes that into its
 * record. Until then it is computed from the counts in the record, so it works even if no worker is left.
 */
export function judge(record: JobRecord): Verdict {
  const { state, data } = record
  if (state === 'missing') return 'gone'
  if (state === 'finished' || state === 'failed') return 'ended'
  if (state === 'active') return 'active' // also if its outcome is written: its machine is about to record the end
  if (record.outcome !== undefined) return 'ended' // its machine was lost before it had recorded the end
  if (lostStarts(record) === 0 || data === undefined) return 'pending'
  return mayRestart(limitsOf(data as CallEnvelope), record) ? 'pending' : 'lost'
}

function limitsOf(call: CallEnvelope): FarLimits {
  try {
    return headOf(call).limits
  } catch (error) {
    throw new PoolError('The queue holds a job that is no call of pebble-ts.', { cause: error })
  }
}
