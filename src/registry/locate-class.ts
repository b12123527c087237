/** Finds the module that defines a class, given the class alone. */
import { isAbsolute } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { loadedModules } from '../utils/location'
import { workerEnvironment } from './environment'
import { findExport } from './exported-values'
import { locationOf, type Location } from './inspector'
import type { ModuleRef } from './keys'

/** Where a class is defined: a part of a `ClassRef`. */
export interface ClassLocation {
  readonly module: ModuleRef
  /** See `ClassRef`. */
  readonly position?: string
}

/** Null if it cannot be found. Takes milliseconds, so keep the result. */
export function locateClass(cls: Function): ClassLocation | null {
  const module = exportedFrom(cls)
  return module === null ? writtenIn(cls) : { module }
}

/** The CommonJS module that exports the class itself. */
function exportedFrom(cls: Function): ModuleRef | null {
  const found = findExport(cls)
  return found ? { url: pathToFileURL(found.file).href, format: 'cjs' } : null
}

function writtenIn(cls: Function): ClassLocation | null {
  const location = locationOf(cls)
  const url = location === null ? null : moduleUrl(location.url)
  if (location === null || url === null) return null
  return { module: { url, format: formatOf(location) }, position: location.position }
}

/** vitest evaluates ES modules as scripts. What `require` has loaded is a CommonJS module there, too. */
function formatOf({ url, isModule }: Location): ModuleRef['format'] {
  if (isModule) return 'esm'
  const path = url.startsWith('file:') ? fileURLToPath(url) : url
  const isScript = workerEnvironment().testRunner !== 'vitest' || loadedModules()[path] !== undefined
  return isScript ? 'cjs' : 'esm'
}

function moduleUrl(url: string): string | null {
  if (url.startsWith('file:')) return pathToFileURL(fileURLToPath(url)).href + new URL(url).search
  return isAbsolute(url) ? pathToFileURL(url).href : null
}
