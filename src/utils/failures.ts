/** Reports errors that no caller can catch: those of our own timers and event handlers, and those of user callbacks. */
import { detailOf } from './text'

let report = warn

/** Replaces the warning. In a worker, such an error ends the worker, and its calls fail with it as their cause. */
export function useFailureHandler(handler: (error: unknown) => void): void {
  report = handler
}

/** Runs `fn`, which is code of the library. If it throws, the error is reported; it is no uncaught exception. */
export function guard(fn: () => void): void {
  try {
    fn()
  } catch (error) {
    report(error)
  }
}

/** Reports an error of the library's own code: the rejection of a promise, or what is caught on a way that each call takes. */
export const reportFailure = (error: unknown): void => report(error)

/** Reports an error of a user's callback as a process warning. The future and the pool are not affected. */
export function warnOfCallback(error: unknown, what = 'A callback of a future'): void {
  process.emitWarning(`${what} threw; the call and its future are not affected.`, {
    type: 'PebbleCallbackWarning',
    detail: detailOf(error),
  })
}

function warn(error: unknown): void {
  process.emitWarning('Something failed inside pebble-ts. Please report it.', {
    type: 'PebbleWarning',
    detail: detailOf(error),
  })
}
