import { clearTimeout } from 'node:timers'
import { CancelledError, TimeoutError } from '../errors'
import { after } from '../utils/after'
import { onAbort } from '../utils/on-abort'

/** What every wait takes. */
export interface WaitOptions {
  /** Ends the wait, not the call, with `CancelledError`; its `cause` is the signal's reason. */
  readonly signal?: AbortSignal
}

/**
 * Waits for `promise`, at most `timeout` ms and until `signal` aborts; leaves no timer and no listener behind.
 *
 * @throws {TimeoutError} after `timeout` ms; {@link CancelledError} once `signal` aborts
 */
export function limitWait<T>(
  promise: Promise<T>,
  timeout: number | undefined,
  signal: AbortSignal | undefined,
  what: string,
): Promise<T> {
  if (timeout !== undefined) checkTimeout(timeout)
  if (timeout === undefined && !signal) return promise.then((value) => value)
  if (signal?.aborted) return Promise.reject(cancelledBy(signal))
  return new Promise<T>((resolve, reject) => {
    const timer = timeout === undefined ? undefined : after(timeout, () => end(passed(timeout, what)))
    const forget = signal && onAbort(signal, () => end(cancelledBy(signal)))
    const end = (error?: Error): void => {
      clearTimeout(timer)
      forget?.()
      if (error) reject(error)
    }
    promise.then(resolve, reject).finally(end)
  })
}

const passed = (timeout: number, what: string): TimeoutError =>
  new TimeoutError(`Waited ${timeout} ms for ${what}, and it was not there; the call goes on.`, timeout)

const cancelledBy = (signal: AbortSignal): CancelledError =>
  new CancelledError('The wait was cancelled by its signal.', { cause: signal.reason })

function checkTimeout(timeout: unknown): void {
  if (typeof timeout === 'number' && timeout >= 0) return
  const shown = typeof timeout === 'string' ? JSON.stringify(timeout) : String(timeout)
  throw new TypeError(`Expected \`timeout\` to be a number of ms, at least 0, got \`${shown}\` (${typeof timeout})`)
}
