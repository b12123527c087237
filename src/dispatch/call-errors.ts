/** The errors of calls and pools, and all their sentences. */
import type { Channel, WorkerExit } from '../channel/channel'
import {
  CancelledError,
  NotFoundError,
  PoolError,
  ProcessExpired,
  SerializationError,
  ThreadExpired,
  TimeoutError,
} from '../errors'
import { messageOf, summary } from '../utils/text'
import { withoutStack } from '../utils/user-frames'
import type { Call } from './call'

/** A call fails after this many workers in a row died while they imported its module, or before they started a call. */
export const FAILED_LOADS = 3

/** The worker of the call died, and the call cannot run in another one, or must not run twice. */
export function expiredError(call: Call, channel: Channel, exit: WorkerExit, started = true): Error {
  return describeDeath(channel, exit, describeMoment(call, started))
}

/** Several workers in a row died while they imported the module of the call. */
export function failedImportError(
  call: Call,
  { channel, exit }: { readonly channel: Pick<Channel, 'kind' | 'id'>; readonly exit: WorkerExit },
  workers: number,
): Error {
  return describeDeath(
    channel,
    exit,
    `while it imported the module of ${call.label} (${workers} workers in a row)`,
    IN_WORKERS,
  )
}

const IN_WORKERS =
  ' The top-level code of that module runs in workers, too: put code that ends the program inside `if (!isWorker()) { … }`, or move the method to a file of its own.'

function describeMoment(call: Call, started: boolean): string {
  if (call.lostWorkers >= FAILED_LOADS) return `before it ran ${call.label} (${call.lostWorkers} workers in a row)`
  return started
    ? `while it ran ${call.label}`
    : `before it ran ${call.label}; the objects that were transferred to it are lost`
}

/** The caller or a signal cancelled the call. `reason` is the reason of the signal. */
export function cancelledError(call: Call, reason: unknown): CancelledError {
  return cancellation(call, 'was cancelled.', reason === undefined ? undefined : { cause: reason })
}

/** The body ran for its `timeout`. */
export function timeoutError(call: Call): TimeoutError {
  const limit = call.limits.timeout as number
  return new TimeoutError(`${call.label} was stopped after ${limit} ms (limit \`timeout: ${limit}\`).`, limit)
}

/** The call waited for its `queueTimeout`. */
export function queueTimeoutError(call: Call): TimeoutError {
  const limit = call.limits.queueTimeout as number
  return new TimeoutError(`${call.label} did not start within ${limit} ms (limit \`queueTimeout: ${limit}\`).`, limit)
}

/** A worker was not ready within its limit. `initializer` is the label of the pool's initializer. */
export function startTimeoutError(limit: number, initializer?: string): TimeoutError {
  const what = initializer ? `The initializer ${initializer} did not return` : 'A worker did not start'
  return new TimeoutError(`${what} within ${limit} ms (limit \`initTimeout: ${limit}\`).`, limit)
}

/** The call was waiting when its pool was stopped. */
export function droppedError(call: Call): CancelledError {
  return cancellation(call, 'was dropped: its pool was stopped.')
}

/** If the caller's stack was recorded, the ledger shows it. Recording another stack would take ten times as long. */
function cancellation(call: Call, what: string, options?: { readonly cause: unknown }): CancelledError {
  const message = `${call.label} ${what}`
  if (!call.caller) return new CancelledError(message, options)
  return withoutStack(() => new CancelledError(message, options))
}

/** The runtime could not clone an argument that the codec had let pass. */
export function cloneError(call: Call, error: unknown): SerializationError {
  const message = `Cannot send \`args\` of ${call.label} to a worker: ${messageOf(error)}`
  return new SerializationError(message, 'args', { cause: error })
}

/** Why a pool cannot work: the text for its calls, and the error behind it. */
export interface Breakage {
  readonly text: string
  readonly cause: unknown
}

/** Several workers in a row exited before they were ready. `initializer` is the label of the pool's initializer. */
export function startFailure(channel: Channel, exit: WorkerExit, initializer?: string): Breakage {
  const when = `before it could serve a call${initializer ? ` or while it ran the initializer ${initializer}` : ''}`
  const cause = describeDeath(channel, exit, when)
  const reason = notStarted(exit) ? undefined : reasonOf(exit)
  const [sentence = ''] = cause.message.split(TAIL)
  return { text: reason === undefined ? sentence : `${sentence.replace(/\.$/, '')}: ${reason}`, cause }
}

/** A worker was not ready within its limit. */
export function startTimeoutFailure(limit: number, initializer?: string): Breakage {
  const cause = startTimeoutError(limit, initializer)
  return { text: cause.message, cause }
}

/** The initializer threw `error`, which may be any value. */
export function initializerFailure(error: unknown, initializer?: string): Breakage {
  const which = `the initializer${initializer ? ` ${initializer}` : ''}`
  if (error instanceof PoolError) return { text: messageOf(error), cause: error } // from a packed program: see channel/self-start.ts
  if (error instanceof NotFoundError) return { text: `${which} cannot be run: ${messageOf(error)}`, cause: error }
  return { text: `${which} threw ${summary(error)}`, cause: error }
}

/** For calls that have waited for a worker while none could be started. */
export function noWorkerError({ text, cause }: Breakage): PoolError {
  return new PoolError(`No worker could be started for 30 s; later calls try again. ${text}`, {
    cause,
    reason: 'unavailable',
  })
}

/** For the calls of a pool that cannot work. */
export function brokenPoolError({ text, cause }: Breakage): PoolError {
  return new PoolError(`The pool is broken: ${text}`, { cause, reason: 'broken' })
}

function describeDeath(channel: Pick<Channel, 'kind' | 'id'>, exit: WorkerExit, when: string, remedy = ''): Error {
  const options = exit.error ? { cause: exit.error } : undefined
  const worker = channel.id === null ? `A worker ${channel.kind}` : `Worker ${channel.kind} ${channel.id}`
  if (channel.kind === 'thread') {
    const how = isOutOfMemory(exit) ? 'ran out of memory' : (notStarted(exit) ?? `exited with code ${exit.exitCode}`)
    const message = `${worker} ${how} ${when}.${remedy}`
    return new ThreadExpired(message, { exitCode: exit.exitCode, threadId: channel.id ?? -1 }, options)
  }
  const tail = exit.stderr === '' ? '' : `${TAIL}${lastLines(exit.stderr)}`
  const message = `${worker} ${howProcessEnded(exit)} ${when}.${remedy}${tail}`
  return new ProcessExpired(message, { exitCode: exit.exitCode, signal: exit.signal, pid: channel.id }, options)
}

function notStarted({ exitCode, signal, error }: WorkerExit): string | undefined {
  return error && exitCode === null && signal === null ? `could not be started (${error.message})` : undefined
}

function howProcessEnded(exit: WorkerExit): string {
  const how = notStarted(exit)
  if (how) return how
  if (isOutOfMemory(exit)) return `ran out of memory (${exit.signal ?? `code ${exit.exitCode}`})`
  return exit.signal ? `was ended by ${exit.signal}` : `exited with code ${exit.exitCode}`
}

function isOutOfMemory(exit: WorkerExit): boolean {
  const { code } = (exit.error ?? {}) as NodeJS.ErrnoException
  return code === 'ERR_WORKER_OUT_OF_MEMORY' || /FATAL ERROR: .*heap|JavaScript heap out of memory/.test(exit.stderr)
}

/**
 * What ended the worker, in one line: the error of the runtime, the error that the worker printed, or its last line.
 */
function reasonOf({ error, stderr }: WorkerExit): string | undefined {
  if (error) return summary(error)
  const lines = stderr.split('\n').map((line) => line.trim())
  const words = lines.filter((line) => line !== '' && !/^(?:at |Node\.js v\d|[{}\]^]+$)/.test(line))
  const fatal = words.find((line) => line.startsWith('FATAL ERROR: '))
  return fatal ?? words.findLast((line) => /^(?:Uncaught )?\w*Error(?: \[\w+\])?: /.test(line)) ?? words.at(-1)
}

const TAIL = '\nThe last lines of its stderr:\n'
const LINES = 20
const lastLines = (text: string): string => text.split('\n').slice(-LINES).join('\n')
