/** The failed calls of a queue, which stay there for a while. */
import { outcomeError } from '../dispatch/call-ledger'
import type { CallerEngine, JobRecord } from './engine'
import { openOutcome, type Secrets } from './envelope'
import type { Hold } from './hold'
import { lostError } from './sentences'

/** A call that failed, and will not be tried again. */
export interface FailedCall {
  readonly id: string
  /** The method: `Reports.render of reports.js`. */
  readonly name: string
  /** What the body threw, or what ended it. */
  readonly error: unknown
  /** The machine that had it: `db7:4711`. */
  readonly worker: string | null
}

const PAGE = 100

export async function* failedCalls(engine: CallerEngine, secrets: Secrets, hold: Hold): AsyncGenerator<FailedCall> {
  const seen = new Set<string>()
  for (let start = 0; ;) {
    const ids = await hold.during(() => engine.failed(start, start + PAGE - 1))
    if (ids.length === 0) return
    const fresh = ids.filter((id) => !seen.has(id)) // later failures, and calls that are tried again, move the pages
    if (fresh.length === 0) start += PAGE
    for (const id of fresh) seen.add(id)
    const records = await hold.during(() => engine.read(fresh))
    for (const record of records) if (record.state === 'failed') yield failedCall(record, secrets)
  }
}

function failedCall(record: JobRecord, secrets: Secrets): FailedCall {
  const { id, outcome = '', name = id } = record
  try {
    const { message, worker } = openOutcome(id, outcome, secrets)
    return { id, name, error: outcomeError(message, name), worker }
  } catch (error) {
    const isLost = /^job stalled more than/.test(outcome)
    return { id, name, error: isLost ? lostError(name, null) : error, worker: null }
  }
}
