import { bind } from '../utils/async-context'
import type { Future } from './future'

/** Told of the outcomes of calls: Pebble's `callback`, split in two. */
export interface OutcomeCallbacks {
  readonly callback?: (taskId: string, result: any) => void // any: the handler knows what its method gives
  readonly errorCallback?: (taskId: string, error: Error) => void
}

/**
 * Tells `callbacks` of the outcome of `future`, with `self` as their `this`. They run in the asynchronous context of the
 * code that calls this function: that of the call.
 */
export function attachCallbacks(future: Future<unknown>, callbacks: OutcomeCallbacks, self: unknown): void {
  bindCallbacks(callbacks, self)(future)
}

/** The same for a future that is made later. @returns attaches them to it */
export function bindCallbacks(callbacks: OutcomeCallbacks, self: unknown): (future: Future<unknown>) => void {
  const tell = bind((future: Future<unknown>) => tellOf(future, callbacks, self))
  return (future) => {
    if (callbacks.errorCallback) future.markHandled() // somebody is told: no unhandledRejection
    future.whenDone(tell)
  }
}

/** What a callback returns is looked at: a rejected promise becomes a warning. */
function tellOf(future: Future<unknown>, { callback, errorCallback }: OutcomeCallbacks, self: unknown): unknown {
  const { state, value } = future.peek()
  if (state === 'finished') return callback?.call(self, future.id, value)
  return errorCallback?.call(self, future.id, value as Error)
}
