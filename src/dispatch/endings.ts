/** The sentences about workers that ended, and the errors that carry them. */
import type { Channel, WorkerExit } from '../channel/channel'
import { CancelledError, PoolError, ProcessExpired, SerializationError, ThreadExpired, TimeoutError } from '../errors'
import { messageOf, summary } from '../utils/text'
import type { Call } from './call'
import type { Member } from './member'

/** Workers that may die while they import a method's module until its call fails. */
export const FAILED_LOADS = 3

/** Whether a call whose worker has ended never started, and may be tried once more. */
export function mayRunAgain(member: Member, call: Call): boolean {
  if (member.isLoading(call)) call.failedLoads += 1
  return !member.hasStarted(call) && !call.moved && call.failedLoads < FAILED_LOADS
}

/** The call's worker died, and it cannot, or must not, run in another. */
export function endOf(call: Call, channel: Channel, exit: WorkerExit, started = true): Error {
  return died(channel, exit, whenDied(call, started))
}

function whenDied(call: Call, started: boolean): string {
  if (call.failedLoads >= FAILED_LOADS)
    return `while it imported the module of ${call.label}, ${call.failedLoads} workers in a row`
  return started ? `while it ran ${call.label}` : `before it ran ${call.label}: what was moved to it is gone with it`
}

/** The caller, or a signal, cancelled the call; `reason` is the signal's. */
export function cancelledError(call: Call, reason: unknown): CancelledError {
  return new CancelledError(`${call.label} was cancelled.`, reason === undefined ? undefined : { cause: reason })
}

/** The body ran for its limit. */
export function timeoutError(call: Call): TimeoutError {
  const limit = call.limits.timeout as number
  return new TimeoutError(`${call.label} was stopped after ${limit} ms (limit \`timeout: ${limit}\`).`, limit)
}

/** The call waited for its limit. */
export function overdueError(call: Call): TimeoutError {
  const limit = call.limits.queueTimeout as number
  return new TimeoutError(`${call.label} did not start within ${limit} ms (limit \`queueTimeout: ${limit}\`).`, limit)
}

/** The initializer did not return within its limit. */
export function startTimeoutError(limit: number): TimeoutError {
  return new TimeoutError(`A worker did not start within ${limit} ms (limit \`initTimeout: ${limit}\`).`, limit)
}

/** The call waited when its pool was stopped. */
export function droppedError(call: Call): CancelledError {
  return new CancelledError(`${call.label} was dropped: its pool was stopped.`)
}

/** Only the runtime noticed that something in the call cannot cross. */
export function cannotClone(call: Call, error: unknown): SerializationError {
  const message = `Cannot send \`args\` of ${call.label} to a worker: ${messageOf(error)}`
  return new SerializationError(message, 'args', { cause: error })
}

/** Worker after worker died before it served. */
export function startFailure(channel: Channel, exit: WorkerExit): Error {
  return died(channel, exit, 'before it could serve a call')
}

/** For calls of a pool that cannot work. */
export function brokenPool(cause: unknown): PoolError {
  const text = cause instanceof Error ? messageOf(cause) : summary(cause) // an initializer may throw anything
  return new PoolError(`The pool is broken: ${text}`, { cause })
}

function died(channel: Channel, exit: WorkerExit, when: string): Error {
  const options = exit.error ? { cause: exit.error } : undefined
  const worker = channel.id === null ? `A worker ${channel.kind}` : `Worker ${channel.kind} ${channel.id}`
  if (channel.kind === 'thread') {
    const how = isOutOfMemory(exit) ? 'ran out of memory' : (notStarted(exit) ?? `exited with code ${exit.exitCode}`)
    const message = `${worker} ${how} ${when}.`
    return new ThreadExpired(message, { exitCode: exit.exitCode, threadId: channel.id ?? -1 }, options)
  }
  const tail = exit.stderr === '' ? '' : `\nThe last lines of its stderr:\n${lastLines(exit.stderr)}`
  const message = `${worker} ${howProcessEnded(exit)} ${when}.${tail}`
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

const LINES = 20
const lastLines = (text: string): string => text.split('\n').slice(-LINES).join('\n')
