/** The job of a call. */
import { retriesOf } from '../dispatch/retries'
import type { NewJob } from './engine'
import { isRepeated, sealCall, type FarLimits, type Secrets } from './envelope'
import type { QueueCall } from './queue-call'
import { noStreamError } from './sentences'

export interface NewJobOptions {
  /** The name of the caller: replies go to its channel. */
  readonly caller: string
  readonly secrets: Secrets
  /** Whether a worker must have the same text of the method. */
  readonly code: 'any' | 'same'
  readonly retries: Parameters<typeof retriesOf>[0]
  /** The largest size of the arguments, and of the result, in bytes. */
  readonly maxPayload: number
  /** How long a call may wait to start, in ms. */
  readonly maxAge: number
}

/**
 * @param time by the engine's clock
 * @throws {SerializationError} it cannot be sent to other machines; {@link TypeError} it is a stream
 */
export function newJob(
  { id, label, payload, limits }: Pick<QueueCall, 'id' | 'label' | 'payload' | 'limits'>,
  { secrets, code, caller, maxPayload, maxAge, retries }: NewJobOptions,
  time: number,
): NewJob {
  if (payload.extra?.stream) throw noStreamError(label)
  const { attempts, on, backoff } = retriesOf(limits.retries ?? retries)
  const { delay = 0, priority = 0 } = limits
  const [timeout, grace, queueTimeout] = [limits.timeout, limits.grace, limits.queueTimeout].map(finite)
  const far: FarLimits = { timeout, grace, queueTimeout, on, attempts }
  const expires = isRepeated(id) || maxAge === Infinity ? null : Math.round(time + delay + maxAge)
  const data = sealCall({ id, caller, payload, limits: far, byName: code, maxPayload, expires, secrets })
  return { id, name: label.replaceAll('`', ''), data, priority, delay, attempts, backoff }
}

/** JSON has no `Infinity`. */
const finite = (limit: number | undefined): number | undefined => (limit === Infinity ? undefined : limit)
