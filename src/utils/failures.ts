/** Errors of the library's own code, where no caller could catch them: in timers and handlers of events. */
import { detailOf } from './text'

let report = warn

/** In a worker, such an error ends the worker: the parent is told, and its calls fail with the cause. */
export function useFailureHandler(handler: (error: unknown) => void): void {
  report = handler
}

/** Runs `fn`; what it throws is reported, and never becomes an uncaught exception of the program. */
export function guard(fn: () => void): void {
  try {
    fn()
  } catch (error) {
    report(error)
  }
}

/** Hands on an error that a promise has carried. */
export const reportFailure = (error: unknown): void => report(error)

function warn(error: unknown): void {
  process.emitWarning('Something failed inside pebble-ts. Please report it.', {
    type: 'PebbleWarning',
    detail: detailOf(error),
  })
}
