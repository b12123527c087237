/** Finds the module that defines a class, given the class alone. */
import { isAbsolute } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { loadedModules } from '../utils/location'
import { workerEnvironment } from './environment'
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

/** The CommonJS module that exports the class itself. Re-exports are getters, and do not count. */
function exportedFrom(cls: Function): ModuleRef | null {
  for (const [file, module] of Object.entries(loadedModules())) {
    if (module !== undefined && isAbsolute(file) && exportsClass(module.exports, cls))
      return { url: pathToFileURL(file).href, format: 'cjs' }
  }
  return null
}

function exportsClass(exports: unknown, cls: Function): boolean {
  if (exports === cls) return true
  if (exports === null || typeof exports !== 'object') return false
  try {
    return Object.values(Object.getOwnPropertyDescriptors(exports)).some(({ value }) => value === cls)
  } catch {
    return false // a proxy whose trap throws
  }
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
  const isScript = workerEnvironment().testRunner !== 'vitest' || loadedModules()[url] !== undefined
  return isScript ? 'cjs' : 'esm'
}

function moduleUrl(url: string): string | null {
  if (url.startsWith('file:')) return pathToFileURL(fileURLToPath(url)).href + new URL(url).search
  return isAbsolute(url) ? pathToFileURL(url).href : null
}
