/** The sentences about workers that ended, and the errors that carry them. */
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

/** Workers that may die while they import a method's module, or before they come to a call, until that fails. */
export const FAILED_LOADS = 3

/** The call's worker died, and it cannot, or must not, run in another. */
export function expiredError(call: Call, channel: Channel, exit: WorkerExit, started = true): Error {
  return describeDeath(channel, exit, describeMoment(call, started))
}

/** Worker after worker died while it imported the module of a call. */
export function failedImport(
  call: Call,
  { channel, exit }: { readonly channel: Pick<Channel, 'kind' | 'id'>; readonly exit: WorkerExit },
  workers: number,
): Error {
  return describeDeath(
    channel,
    exit,
    `while it imported the module of ${call.label}, ${workers} workers in a row`,
    IN_WORKERS,
  )
}

const IN_WORKERS =
  ' The code at the top level of that module runs in workers, too: guard what ends the program by `if (!isWorker())`, or move the method to a file of its own.'

function describeMoment(call: Call, started: boolean): string {
  if (call.lostWorkers >= FAILED_LOADS) return `before it ran ${call.label}, ${call.lostWorkers} workers in a row`
  return started ? `while it ran ${call.label}` : `before it ran ${call.label}: what was moved to it is gone with it`
}

/** The caller, or a signal, cancelled the call; `reason` is the signal's. */
export function cancelledError(call: Call, reason: unknown): CancelledError {
  return cancellation(call, 'was cancelled.', reason === undefined ? undefined : { cause: reason })
}

/** The body ran for its limit. */
export function timeoutError(call: Call): TimeoutError {
  const limit = call.limits.timeout as number
  return new TimeoutError(`${call.label} was stopped after ${limit} ms (limit \`timeout: ${limit}\`).`, limit)
}

/** The call waited for its limit. */
export function queueTimeoutError(call: Call): TimeoutError {
  const limit = call.limits.queueTimeout as number
  return new TimeoutError(`${call.label} did not start within ${limit} ms (limit \`queueTimeout: ${limit}\`).`, limit)
}

/** A worker did not serve within its limit; `initializer` is the label of the pool's. */
export function startTimeoutError(limit: number, initializer?: string): TimeoutError {
  const what = initializer ? `The initializer ${initializer} did not return` : 'A worker did not start'
  return new TimeoutError(`${what} within ${limit} ms (limit \`initTimeout: ${limit}\`).`, limit)
}

/** The call waited when its pool was stopped. */
export function droppedError(call: Call): CancelledError {
  return cancellation(call, 'was dropped: its pool was stopped.')
}

/**
 * Where the call was made is known for most, and the ledger shows that: no other stack is recorded, and the base class
 * is not constructed, which takes ten times as long as the error.
 */
function cancellation(call: Call, what: string, options?: { readonly cause: unknown }): CancelledError {
  const message = `${call.label} ${what}`
  if (!call.caller) return new CancelledError(message, options)
  return withoutStack(() => Reflect.construct(Error, [message, options], CancelledError) as CancelledError)
}

/** Only the runtime noticed that something in the call cannot cross. */
export function cloneError(call: Call, error: unknown): SerializationError {
  const message = `Cannot send \`args\` of ${call.label} to a worker: ${messageOf(error)}`
  return new SerializationError(message, 'args', { cause: error })
}

/** Why a pool cannot work: what its calls are told, and the error behind that. */
export interface Breakage {
  readonly text: string
  readonly cause: unknown
}

/** Worker after worker died before it served; `initializer` is the label of the pool's. */
export function startFailureError(channel: Channel, exit: WorkerExit, initializer?: string): Breakage {
  const when = `before it could serve a call${initializer ? ` or while it ran the initializer ${initializer}` : ''}`
  const cause = describeDeath(channel, exit, when)
  const reason = notStarted(exit) ? undefined : reasonOf(exit)
  const [sentence = ''] = cause.message.split(TAIL)
  return { text: reason === undefined ? sentence : `${sentence.replace(/\.$/, '')}: ${reason}`, cause }
}

/** No worker served within the limit. */
export function lateStart(limit: number, initializer?: string): Breakage {
  const cause = startTimeoutError(limit, initializer)
  return { text: cause.message, cause }
}

/** An initializer may throw anything. */
export function initializerFailure(error: unknown, initializer?: string): Breakage {
  const which = `the initializer${initializer ? ` ${initializer}` : ''}`
  if (error instanceof PoolError) return { text: messageOf(error), cause: error } // a packed program: see channel/self-start.ts
  if (error instanceof NotFoundError) return { text: `${which} cannot be run: ${messageOf(error)}`, cause: error }
  return { text: `${which} threw ${summary(error)}`, cause: error }
}

/** For calls that have waited for a worker, and none could be started for long. */
export function noWorker({ text, cause }: Breakage): PoolError {
  return new PoolError(`No worker could be started for 30 s; later calls try again. ${text}`, {
    cause,
    reason: 'unavailable',
  })
}

/** For calls of a pool that cannot work. */
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

/** What ended the worker, in one line: the error that its runtime tells, or that it printed; else its last words. */
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
