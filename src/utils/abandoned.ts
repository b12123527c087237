import { runOutside } from './async-context'

/** What works for the holder of a handle. It must not hold the handle itself, or that would never be collected. */
export interface Abandonable {
  /** The handle is gone: nobody can ask for anything any more. */
  abandon(): void
}

const handles = new FinalizationRegistry<Abandonable>((work) => runOutside(work.abandon, work))

/** Has `work` abandoned once `handle` has been collected. */
export function abandonWith(handle: object, work: Abandonable): void {
  handles.register(handle, work)
}
