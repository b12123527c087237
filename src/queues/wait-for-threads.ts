import type { ChildProcess } from 'node:child_process'
import type { Worker } from 'node:worker_threads'
import type { CancelWait, WaitHandler, WaitLimits } from '../utils/limited-wait'
import { show } from '../utils/options'
import { waitForSome } from './queue-wait'

const DESCRIPTION = { where: 'waitForThreads()', missing: 'None of the threads had exited' }
/** A process that could not be started emits 'close' only. */
const EXIT_EVENTS = ['exit', 'close'] as const

/**
 * Waits until at least one of several worker threads or child processes has exited. Pebble's `waitforthreads`.
 *
 * The threads and processes are those of `node:worker_threads` and `node:child_process`. Their `error` events are left
 * to the caller's listeners.
 *
 * **Cancelling:** `signal` rejects with `CancelledError`. `timeout` is no error: the result is an empty array.
 *
 * @param timeout limit in ms; default: none
 * @returns those that have exited, in the order given; an empty array after the timeout, or if none was given
 * @throws {TypeError} if an element of `threads` is neither; {@link CancelledError} if `signal` aborts
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
  return waitForSome<T>(DESCRIPTION, { timeout, ...options }, (handler, mayWait) => watch(all, handler, mayWait))
}

function watch<T extends Worker | ChildProcess>(
  all: readonly T[],
  handler: WaitHandler<T[]>,
  mayWait: boolean,
): CancelWait | undefined {
  const exited = (): T[] => all.filter(hasExited)
  if (exited().length > 0) {
    handler.done(exited())
    return undefined
  }
  if (!mayWait) {
    handler.unavailable()
    return undefined
  }
  const onEvent = (): void => {
    const some = exited()
    if (some.length === 0) return // a pipe of a process has closed, and the process has not exited
    unsubscribe()
    handler.done(some)
  }
  const unsubscribe = (): void => forEachEvent(all, (thread, event) => thread.removeListener(event, onEvent))
  forEachEvent(all, (thread, event) => thread.on(event, onEvent))
  return (refused) => {
    unsubscribe()
    refused()
  }
}

function forEachEvent(all: ReadonlyArray<Worker | ChildProcess>, fn: (thread: Worker, event: 'exit') => void): void {
  for (const thread of all) for (const event of EXIT_EVENTS) fn(thread as Worker, event as 'exit')
}

function hasExited(thread: Worker | ChildProcess): boolean {
  if ('threadId' in thread) return thread.threadId === -1
  return thread.exitCode !== null || thread.signalCode !== null
}

/** By its shape: this folder does not import the classes of `node:worker_threads` and `node:child_process`. */
function isThread(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('removeListener' in value)) return false
  return 'threadId' in value || 'exitCode' in value
}
