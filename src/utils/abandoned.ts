/**
 * Ends work whose handle the program has dropped: a stream, a map or an `asCompleted` iteration that is never read to
 * its end and never told to `return()`.
 */
import { runOutside } from './async-context'

/** Work that is done for the owner of a handle. It must not refer to the handle, or the handle is never collected. */
export interface Abandonable {
  /** Called when the handle has been collected, so that nothing can be requested any more. */
  abandon(): void
}

const handles = new FinalizationRegistry<Abandonable>((work) => runOutside(work.abandon, work))

/** Calls `work.abandon()` when `handle` has been collected. */
export function abandonWith(handle: object, work: Abandonable): void {
  handles.register(handle, work)
}
