/** What every entry point of the package does once its exports are there. */
import { openBundledWorker } from './dispatch/bundled-worker'
import { oneCopy, type EntryName } from './registry/copies'

/** The exports that the entry point gives out. In a worker that began with a bundle, this also opens the session. */
export function publish<T extends object>(name: EntryName, exports: T): T {
  openBundledWorker()
  return oneCopy(name, exports)
}
