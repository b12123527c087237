import { clearTimeout } from 'node:timers'
import { execute } from 'abort-controller-x'
import { CancelledError, TimeoutError } from '../errors'
import { after } from '../utils/after'

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
  const waiting = signal ? abortable(signal, promise) : promise
  return timeout === undefined ? waiting : withTimeout(waiting, timeout, what)
}

function abortable<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return execute<T>(signal, (resolve, reject) => {
    promise.then(resolve, reject)
    return () => undefined
  }).catch((error: unknown) => {
    if (!signal.aborted) throw error
    throw new CancelledError('The wait was cancelled by its signal.', { cause: signal.reason })
  })
}

function withTimeout<T>(promise: Promise<T>, timeout: number, what: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = after(timeout, () => {
      reject(new TimeoutError(`Waited ${timeout} ms for ${what}, and it was not there; the call goes on.`, timeout))
    })
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function checkTimeout(timeout: unknown): void {
  if (typeof timeout === 'number' && timeout >= 0) return
  const shown = typeof timeout === 'string' ? JSON.stringify(timeout) : String(timeout)
  throw new TypeError(`Expected \`timeout\` to be a number of ms, at least 0, got \`${shown}\` (${typeof timeout})`)
}
