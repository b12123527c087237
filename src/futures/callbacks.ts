import type { Future } from './future'

/** Told of the outcomes of calls: Pebble's `callback`, split in two. */
export interface OutcomeCallbacks {
  readonly callback?: (taskId: string, result: any) => void // any: the handler knows what its method gives
  readonly errorCallback?: (taskId: string, error: Error) => void
}

/** Has the callbacks that are in force at a call told of its outcome, with `self` as their `this`. */
export function attachCallbacks(future: Future<unknown>, callbacks: OutcomeCallbacks, self: unknown): void {
  const { callback, errorCallback } = callbacks
  if (errorCallback) future.markHandled() // somebody is told: no unhandledRejection
  future.addDoneCallback(() => {
    const { state, value } = future.peek()
    // What a callback returns is looked at: a rejected promise becomes a warning.
    if (state === 'finished') return callback?.call(self, future.id, value)
    return errorCallback?.call(self, future.id, value as Error)
  })
}
