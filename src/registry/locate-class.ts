/** Finds the module that defines a class, given the class alone. */
import { isAbsolute } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { loadedModules } from '../utils/location'
import { locationOf } from './inspector'
import type { ModuleRef } from './keys'

/** Null if it cannot be found. Takes milliseconds, so keep the result. */
export function locateClass(cls: Function): ModuleRef | null {
  return exportedFrom(cls) ?? writtenIn(cls)
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

function writtenIn(cls: Function): ModuleRef | null {
  const location = locationOf(cls)
  if (location === null) return null
  const { url, isModule } = location
  const format = isModule ? 'esm' : 'cjs'
  if (url.startsWith('file:')) return { url: pathToFileURL(fileURLToPath(url)).href + new URL(url).search, format }
  return isAbsolute(url) ? { url: pathToFileURL(url).href, format } : null
}
