/** The sentences about workers that ended, and the errors that carry them. */
import type { Channel, WorkerExit } from '../channel/channel'
import { PoolError, ProcessExpired, ThreadExpired } from '../errors'
import type { Call } from './call'

/** The call's worker died while it ran the call. */
export function expiredError(call: Call, channel: Channel, exit: WorkerExit): Error {
  return died(channel, exit, `while it ran ${call.label}`)
}

/** Worker after worker died while it imported the call's module. */
export function lostLoad(call: Call, channel: Channel, exit: WorkerExit): Error {
  return died(channel, exit, `while it imported the module of ${call.label}, ${call.failedLoads} workers in a row`)
}

/** Worker after worker died before it served. */
export function startFailure(channel: Channel, exit: WorkerExit): Error {
  return died(channel, exit, 'before it could serve a call')
}

/** For calls of a pool that cannot work. */
export function brokenPool(cause: Error): PoolError {
  return new PoolError(`The pool is broken: ${cause.message}`, { cause })
}

function died(channel: Channel, exit: WorkerExit, when: string): Error {
  const options = exit.error ? { cause: exit.error } : undefined
  const id = channel.id ?? '?'
  if (channel.kind === 'thread') {
    const how = isOutOfMemory(exit) ? 'ran out of memory' : `exited with code ${exit.exitCode}`
    const message = `Worker thread ${id} ${how} ${when}.`
    return new ThreadExpired(message, { exitCode: exit.exitCode, threadId: channel.id ?? -1 }, options)
  }
  const tail = exit.stderr === '' ? '' : `\nThe last lines of its stderr:\n${lastLines(exit.stderr)}`
  const message = `Worker process ${id} ${howProcessEnded(exit)} ${when}.${tail}`
  return new ProcessExpired(message, { exitCode: exit.exitCode, signal: exit.signal, pid: channel.id }, options)
}

function howProcessEnded(exit: WorkerExit): string {
  if (exit.error && exit.exitCode === null && exit.signal === null)
    return `could not be started (${exit.error.message})`
  if (isOutOfMemory(exit)) return `ran out of memory (${exit.signal ?? `code ${exit.exitCode}`})`
  return exit.signal ? `was ended by ${exit.signal}` : `exited with code ${exit.exitCode}`
}

function isOutOfMemory(exit: WorkerExit): boolean {
  const code = (exit.error as NodeJS.ErrnoException | undefined)?.code
  return code === 'ERR_WORKER_OUT_OF_MEMORY' || /FATAL ERROR: .*heap|JavaScript heap out of memory/.test(exit.stderr)
}

const LINES = 20
const lastLines = (text: string): string => text.split('\n').slice(-LINES).join('\n')
