import { execute } from 'abort-controller-x'
import { CancelledError, TimeoutError } from '../errors'
import { after, clearAfter } from '../utils/after'
import { onAbort } from '../utils/on-abort'
import { onSettled } from '../utils/on-settled'

/** What every wait takes. */
export interface WaitOptions {
  /** Ends the wait, not the call, with `CancelledError`; its `cause` is the signal's reason. */
  readonly signal?: AbortSignal
}

/**
 * Waits for `promise`, at most `timeout` ms and until `signal` aborts; leaves no timer, no listener and no reaction
 * behind.
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
  const stop = new AbortController()
  if (signal?.aborted) stop.abort(cancelledBy(signal))
  const timer = timeout === undefined ? undefined : after(timeout, () => stop.abort(passed(timeout, what)))
  const forget = signal && onAbort(signal, () => stop.abort(cancelledBy(signal))) // one listener, however many wait
  return execute<T>(stop.signal, (resolve, reject) => onSettled(promise, { resolve, reject })).finally(() => {
    clearAfter(timer)
    forget?.()
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
