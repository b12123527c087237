/** One wait at a queue, and what may end it: what it waits for, `timeout`, `signal`, the end of the task that waits. */
import { CancelledError, TimeoutError } from '../errors'
import { taskHere } from '../registry/current-task'
import { after, clearAfter } from '../utils/after'
import { onAbort } from '../utils/on-abort'
import { abortSignal, checkOptions, nonNegativeMs, type Rules } from '../utils/options'
import type { CancelWait, QueueWaiter } from './queue-source'

/** Limits of a wait at a queue. */
export interface WaitLimits {
  /** How long to wait, in ms; 0: not at all. Default: for ever. */
  timeout?: number
  /** Ends the wait when it aborts. */
  signal?: AbortSignal
}

/** The words of one kind of wait. */
export interface WaitDescription {
  /** Whose options: `get()`. */
  readonly where: string
  /** `There was no item`. */
  readonly missing: string
}

const rules: Rules<WaitLimits> = {
  timeout: nonNegativeMs,
  signal: abortSignal,
}

/**
 * Waits within limits; leaves no timer and no listener behind.
 *
 * @param begin enters the waiter into the line, and returns how to take it out again
 */
export function waitWithLimits<T>(
  wanted: WaitDescription,
  given: WaitLimits | undefined,
  begin: (waiter: QueueWaiter<T>, patient: boolean) => CancelWait | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const { timeout, signal } = checkOptions(wanted.where, given, rules)
    if (signal?.aborted) throw cancelledError(wanted, signal)
    let isOver = false
    const cleanups: Array<() => void> = []
    const end = (): void => {
      isOver = true
      for (const cleanup of cleanups.splice(0)) cleanup()
    }
    const fail = (error: unknown): void => {
      end()
      reject(error)
    }
    const done = (value: T): void => {
      end()
      resolve(value)
    }
    const cancel = begin({ done, unavailable: () => fail(timeoutError(wanted, 0)), failed: fail }, timeout !== 0)
    if (isOver || !cancel) return
    const giveUp = (error: Error): void => {
      end()
      cancel(() => reject(error))
    }
    const hear = (by: AbortSignal | undefined): void => {
      if (by && !by.aborted) cleanups.push(onAbort(by, () => giveUp(cancelledError(wanted, by))))
    }
    if (timeout) {
      const timer = after(timeout, () => giveUp(timeoutError(wanted, timeout)))
      cleanups.push(() => clearAfter(timer))
    }
    hear(signal)
    hear(taskHere()?.signal)
  })
}

function timeoutError({ missing }: WaitDescription, timeout: number): TimeoutError {
  const within = timeout === 0 ? '' : ` within ${timeout} ms`
  return new TimeoutError(`${missing}${within} (limit \`timeout: ${timeout}\`).`, timeout)
}

function cancelledError({ where }: WaitDescription, signal: AbortSignal): CancelledError {
  return new CancelledError(`${where} was cancelled by its signal.`, { cause: signal.reason })
}
