import { SESSION } from '../channel/bundle'
import { isBundled } from '../utils/location'
import type * as Worker from '../worker/open-bundle'

/**
 * Opens the session of a worker that was started with a bundle (`channel/bundle.ts`). This runs while the library is
 * evaluated, before the code of the program, so that `isWorker()` is true there.
 */
export function openBundledWorker(): void {
  const session = Reflect.get(globalThis, SESSION) as Worker.BundleSession | undefined
  if (!isBundled || session === undefined) return
  Reflect.deleteProperty(globalThis, SESSION)
  // A `require` here: the parent does not load the worker's half of the library, and a worker needs it synchronously.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { openBundle } = require('../worker/open-bundle') as typeof Worker
  openBundle(session)
}
