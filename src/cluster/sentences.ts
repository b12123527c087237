/** The errors of calls on other machines, and all their sentences. */
import { PoolError, ProcessExpired, SerializationError, TimeoutError, NotFoundError } from '../errors'
import { CLOCK_TOLERANCE } from './lease'
import { isRefusal, reasonOf } from './trouble'

const RETRY = "Set `retries: { attempts: 2, on: ['lost'] }` where running twice is safe."

/** The machine that ran a call is gone, or cannot be reached. */
export function lostError(label: string, worker: string | null): ProcessExpired {
  const who = worker === null ? 'A worker machine' : `Worker machine ${worker}`
  const message = `${who} was lost while it may have run ${label}. The call is not run again. ${RETRY}`
  return mayHaveRun(new ProcessExpired(message, { exitCode: null, signal: null, pid: null }), worker)
}

/** The worker machine stopped the body, because it could not renew its lease or was shut down. */
export function fencedError(label: string, worker: string, why: string): ProcessExpired {
  const message = `Worker machine ${worker} stopped ${label}: ${why}.`
  return mayHaveRun(new ProcessExpired(message, { exitCode: null, signal: null, pid: null }), worker)
}

/** The queue has no record of a call that it had accepted. */
export function recordGoneError(label: string, id: string): PoolError {
  return mayHaveRun(
    new PoolError(
      `The queue has no record of ${label} (call ${id}) any more: its data was lost, evicted, or kept for a shorter time than the call took. It may have run.`,
    ),
    null,
  )
}

/** A pending call has no record. */
export function goneError(
  call: { readonly id: string; readonly label: string; readonly isAttached: boolean },
  queue: string,
): Error {
  return call.isAttached ? noRecordError(call.id, queue) : recordGoneError(call.label, call.id)
}

/** The queue did not answer. */
export function unreachableError(label: string, ms: number, cause: unknown): PoolError {
  const because = reasonOf(cause)
  if (isRefusal(cause))
    return new PoolError(`${label} could not be added to the queue: ${because}`, { cause, reason: 'unavailable' })
  return mayHaveRun(
    new PoolError(
      `${label} could not be added to the queue within ${ms} ms${because ? `: ${because}` : '.'} It may run, if the queue has received it. Calls with an \`id\` of their own can be made again safely.`,
      { cause, reason: 'unavailable' },
    ),
    null,
  )
}

/** The queue did not answer `ready()`. */
export function notReadyError(queue: string, ms: number, cause: unknown): PoolError {
  const why = reasonOf(cause) ?? 'Check host, port and TLS (`rediss://`, `sslmode=require`) of `connection`.'
  return new PoolError(`The queue '${queue}' did not answer within ${ms} ms: ${why}`, { cause, reason: 'unavailable' })
}

function mayHaveRun<E extends Error>(error: E, worker: string | null): E {
  return Object.assign(error, { mayHaveRun: true, worker })
}

/** @param hint why, if that is known */
export function queueTimeoutError(label: string, limit: number, hint = ''): TimeoutError {
  return new TimeoutError(`${label} did not start within ${limit} ms (limit \`queueTimeout: ${limit}\`).${hint}`, limit)
}

/** The type of the warnings about the environment of a queue. */
export const CLUSTER_WARNING = { type: 'PebbleClusterWarning' } as const

export const noWorkerText = (queue: string): string =>
  `No worker machine serves the queue '${queue}'. Start one with the same connection: npx pebble-ts work <modules> --queue ${JSON.stringify(queue)}.`

/** A call has waited for longer than it may, or is a replay of a recorded call. */
export function tooOldError(label: string): TimeoutError {
  return new TimeoutError(
    `${label} did not start before it expired: a call may wait for the time that the option \`maxAge\` of its pool allows, so that recorded calls cannot be repeated later.`,
    0,
  )
}

/** Leases do not hold if the clocks that measure them differ. */
export function clockError(offset: number): PoolError {
  const differs = `${Math.abs(Math.round(offset))} ms ${offset > 0 ? 'behind' : 'ahead of'}`
  return new PoolError(
    `The clock of this machine is ${differs} that of PostgreSQL, more than ${CLOCK_TOLERANCE} ms. Calls could run twice, so none are taken. Synchronize the clocks (NTP).`,
  )
}

/** Why a worker machine takes no calls yet. */
export const SLOW_ANSWERS = `PostgreSQL takes more than ${CLOCK_TOLERANCE} ms to answer, so its clock cannot be compared with that of this machine`

/** The signature of a call is missing or wrong. */
export function unsignedError(label: string, queue: string): SerializationError {
  return new SerializationError(
    `A worker of the queue '${queue}' refused ${label}: it is not signed with the secret of the worker. Give callers and workers the same \`secret\`; while keys rotate, give the workers both.`,
    '',
  )
}

/** A job that another program has put into the queue. */
export function notACallError(label: string, queue: string): SerializationError {
  return new SerializationError(`A worker of the queue '${queue}' refused ${label}: it is no call of pebble-ts.`, '')
}

/** A call names code that the worker does not run. */
export function notAllowedError(label: string, name: string, queue: string): NotFoundError {
  return new NotFoundError(
    `A worker of the queue '${queue}' refused ${label}: \`${name}\` is none of the files that this worker may import. It imports files of its own root folder that match \`allow\`.`,
  )
}

export function noStreamError(label: string): TypeError {
  return new TypeError(
    `${label} is a stream (\`async *\`), which other machines cannot run. Use a local pool, or \`map\` for many results.`,
  )
}

export function noRecordError(id: string, queue: string): NotFoundError {
  return new NotFoundError(
    `The queue '${queue}' has no record of call ${id}: it was never added, or its record was kept no longer (option \`keep\`).`,
  )
}

export function missingPeerError(name: string, cause: unknown): PoolError {
  return new PoolError(
    `pebble-ts/cluster needs the package '${name}', which could not be loaded. Install it: npm install ${name}`,
    { cause },
  )
}
