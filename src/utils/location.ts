/** Where this copy of the library lies on disk, or that a bundler has put it into a file of the program. */
import { createRequire } from 'node:module'
import { dirname, isAbsolute, join } from 'node:path'

/** The package is built into few files (`scripts/build.mjs`); this is in one of them, or still in its own. */
const OWN_FILES = /[\\/](?:dist[\\/]library[\\/]program\.js|src[\\/]utils[\\/]location\.ts)$/

/** A bundle has another `__filename`, a relative one, or none. */
const isOwnFile = typeof __filename === 'string' && isAbsolute(__filename) && OWN_FILES.test(__filename)
const folder = isOwnFile ? dirname(dirname(__filename)) : ''

/** Whether the library is part of a bundle: then its own files are nowhere. */
export const isBundled = !isOwnFile

/** The package's folder; '' in a bundle. */
export const packageFolder = isOwnFile ? dirname(folder) : ''

/** The folders that stack frames of the library name: of the code as it runs, and as source maps show it. */
export const ownFolders: readonly string[] = isOwnFile ? ['dist', 'src'].map((name) => join(packageFolder, name)) : []

/** A file of the library, given its path below `dist/`. It does not exist in a bundle. */
export const ownFile = (...path: string[]): string => join(folder, ...path)

/**
 * The CommonJS modules that this realm has loaded. Node 20 gives modules that an `import` statement loaded through a
 * loader hook a `require` without a cache.
 */
export function loadedModules(): NodeJS.Dict<NodeModule> {
  const { cache } = require as { readonly cache?: NodeJS.Dict<NodeModule> }
  return cache ?? createRequire(join(packageFolder === '' ? process.cwd() : packageFolder, 'index.js')).cache
}
