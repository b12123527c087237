import { execute } from 'abort-controller-x'
import { CancelledError, TimeoutError } from '../errors'
import { after, clearAfter } from '../utils/after'
import { onAbort } from '../utils/on-abort'
import { onSettled } from '../utils/on-settled'
import { show } from '../utils/options'

/** The options of every wait. */
export interface WaitOptions {
  /** Ends the wait, not the call, with `CancelledError`. Its `cause` is the reason of the signal. */
  readonly signal?: AbortSignal
}

/**
 * Waits for `promise`, for at most `timeout` ms and until `signal` aborts. Afterwards no timer, listener or reaction is
 * left.
 *
 * @param what what is waited for, in the message of the error: `the result`
 * @throws {TimeoutError} after `timeout` ms; {@link CancelledError} when `signal` aborts
 */
export function limitWait<T>(
  promise: Promise<T>,
  timeout: number | undefined,
  signal: AbortSignal | undefined,
  what: string,
): Promise<T> {
  if (timeout !== undefined) checkTimeout(timeout)
  if (timeout === undefined && !signal) return promise.then((value) => value)
  const stop = new AbortController()
  if (signal?.aborted) stop.abort(cancelledBy(signal))
  const timer = timeout === undefined ? undefined : after(timeout, () => stop.abort(timeoutError(timeout, what)))
  const unsubscribe = signal && onAbort(signal, () => stop.abort(cancelledBy(signal)))
  return execute<T>(stop.signal, (resolve, reject) => onSettled(promise, { resolve, reject })).finally(() => {
    clearAfter(timer)
    unsubscribe?.()
  })
}

const timeoutError = (timeout: number, what: string): TimeoutError =>
  new TimeoutError(`Waited ${timeout} ms for ${what}, and it was not there; the call goes on.`, timeout)

const cancelledBy = (signal: AbortSignal): CancelledError =>
  new CancelledError('The wait was cancelled by its signal.', { cause: signal.reason })

function checkTimeout(timeout: unknown): void {
  if (typeof timeout === 'number' && timeout >= 0) return
  throw new TypeError(`Expected \`timeout\` to be a number of ms, at least 0, got ${show(timeout)}`)
}
