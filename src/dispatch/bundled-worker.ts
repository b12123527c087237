import { SESSION } from '../channel/bundle'
import { isBundled } from '../utils/location'
import type * as Worker from '../worker/open-bundle'

/**
 * Opens the session of a worker that began with a bundle (`channel/bundle.ts`). This runs while the library is evaluated:
 * the program's own code comes after it, and must find itself in a worker.
 */
export function openBundledWorker(): void {
  const session = Reflect.get(globalThis, SESSION) as Worker.BundleSession | undefined
  if (!isBundled || session === undefined) return
  Reflect.deleteProperty(globalThis, SESSION)
  // The parent does not need this half of the library, and a worker needs it at once.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { openBundle } = require('../worker/open-bundle') as typeof Worker
  openBundle(session)
}
