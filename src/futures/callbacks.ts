import { bind } from '../utils/async-context'
import type { Future } from './future'

/** Called with the outcomes of calls. Pebble has one `callback` for both. */
export interface OutcomeCallbacks {
  readonly callback?: (taskId: string, result: any) => void // any: the handler knows what its method returns
  readonly errorCallback?: (taskId: string, error: Error) => void
}

/**
 * Calls `callbacks` with the outcome of `future`, with `self` as their `this`. They run in the async context of the
 * caller of this function, which is the context of the call.
 */
export function attachCallbacks(future: Future<unknown>, callbacks: OutcomeCallbacks, self: unknown): void {
  bindCallbacks(callbacks, self)(future)
}

/** The same for a future that is created later. Returns a function that attaches the callbacks to it. */
export function bindCallbacks(callbacks: OutcomeCallbacks, self: unknown): (future: Future<unknown>) => void {
  const callBound = bind((future: Future<unknown>) => callOne(future, callbacks, self))
  return (future) => {
    if (callbacks.errorCallback) future.markHandled() // it gets the error, so there is no unhandledRejection
    future.whenDone(callBound)
  }
}

/** Returns what the callback returns: a promise that rejects becomes a warning. */
function callOne(future: Future<unknown>, { callback, errorCallback }: OutcomeCallbacks, self: unknown): unknown {
  const { state, value } = future.peek()
  if (state === 'finished') return callback?.call(self, future.id, value)
  return errorCallback?.call(self, future.id, value as Error)
}
