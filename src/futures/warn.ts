import { detailOf } from '../utils/text'

/** Tells of an error in a user's callback as a process warning: the future and the pool go on. */
export function warnOfCallback(error: unknown, what = 'A callback of a future'): void {
  process.emitWarning(`${what} threw; the call and its future are not affected.`, {
    type: 'PebbleCallbackWarning',
    detail: detailOf(error),
  })
}
