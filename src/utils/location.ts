/** Where this copy of the library is on disk, and whether it is part of a bundle. */
import { createRequire } from 'node:module'
import { dirname, isAbsolute, join } from 'node:path'

/** The files that this code may be in: its own, or one of those into which `scripts/build.mjs` puts it. */
const OWN_FILES = /[\\/](?:src[\\/]utils[\\/]location\.ts|dist[\\/]library[\\/]pebble-ts-\w+\.js)$/

/** In a bundle, `__filename` is another file, a relative path, or missing. */
const isOwnFile = typeof __filename === 'string' && isAbsolute(__filename) && OWN_FILES.test(__filename)
const folder = isOwnFile ? dirname(dirname(__filename)) : ''

/** Whether the library is part of a bundle. Then its own files do not exist. */
export const isBundled = !isOwnFile

/** The folder of the package; '' in a bundle. */
export const packageFolder = isOwnFile ? dirname(folder) : ''

/** The folders in stack frames of the library: of the compiled code, and of the sources that source maps show. */
export const ownFolders: readonly string[] = isOwnFile ? ['dist', 'src'].map((name) => join(packageFolder, name)) : []

/** A file of the library, given its path below `dist/`. It does not exist in a bundle. */
export const ownFile = (...path: string[]): string => join(folder, ...path)

/**
 * The CommonJS modules that this realm has loaded. In Node.js 20, a CommonJS module that was imported through a loader
 * hook has a `require` without `cache`. Bundlers replace `require.cache`.
 */
export function loadedModules(): NodeJS.Dict<NodeModule> {
  // webpack warns of a `require` that stands alone
  const cache = isBundled ? undefined : (require.cache as NodeJS.Dict<NodeModule> | undefined)
  return cache ?? createRequire(join(packageFolder === '' ? process.cwd() : packageFolder, 'index.js')).cache
}
