import type { ChildProcess } from 'node:child_process'
import type { Worker } from 'node:worker_threads'
import { TimeoutError } from '../errors'
import { show } from '../utils/options'
import { waitWithLimits, type WaitLimits } from './wait-with-limits'
import type { CancelWait, QueueWaiter } from './queue-source'

const WAIT = { where: 'waitForThreads()', missing: 'None of the threads had exited' }
/** A process that could not be started has no 'exit'. */
const ENDINGS = ['exit', 'close'] as const

/**
 * Waits for at least one of several worker threads, or child processes, to exit. Pebble's `waitforthreads`.
 *
 * They are those of `node:worker_threads` and `node:child_process`; an error of theirs is left to whoever listens for it.
 *
 * **Cancelling:** by `signal`. At `timeout` the wait ends well: none has exited.
 *
 * @param timeout limit in ms; default: none
 * @returns those that have exited, in the order given; none where the time is up, or none was given
 * @throws {TypeError} something in `threads` is neither; {@link CancelledError} `signal` aborted
 */
export async function waitForThreads<T extends Worker | ChildProcess>(
  threads: Iterable<T>,
  timeout?: number,
  options?: Pick<WaitLimits, 'signal'>,
): Promise<T[]> {
  const all = [...threads]
  for (const thread of all) {
    if (!isThread(thread))
      throw new TypeError(`Expected an iterable of workers or child processes, got ${show(thread)} in it`)
  }
  if (all.length === 0) return []
  const found = waitWithLimits<T[]>(WAIT, { timeout, ...options }, (waiter, patient) => watch(all, waiter, patient))
  return found.catch((error: unknown) => {
    if (error instanceof TimeoutError) return []
    throw error
  })
}

function watch<T extends Worker | ChildProcess>(
  all: readonly T[],
  waiter: QueueWaiter<T[]>,
  patient: boolean,
): CancelWait | undefined {
  const exited = (): T[] => all.filter(hasExited)
  if (exited().length > 0) waiter.done(exited())
  else if (!patient) waiter.unavailable()
  else {
    const hear = (): void => {
      const some = exited()
      if (some.length === 0) return // a pipe of it has closed, and it has not
      deafen()
      waiter.done(some)
    }
    const deafen = (): void => each((thread, event) => thread.removeListener(event, hear))
    const each = (fn: (thread: Worker, event: 'exit') => void): void => {
      for (const thread of all) for (const event of ENDINGS) fn(thread as Worker, event as 'exit')
    }
    each((thread, event) => thread.on(event, hear))
    return (refused) => {
      deafen()
      refused()
    }
  }
  return undefined
}

function hasExited(thread: Worker | ChildProcess): boolean {
  if ('threadId' in thread) return thread.threadId === -1
  return thread.exitCode !== null || thread.signalCode !== null
}

/** By its shape: the classes are of the runtime, which this part of the library does not touch. */
function isThread(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('removeListener' in value)) return false
  return 'threadId' in value || 'exitCode' in value
}
