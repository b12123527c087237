/** Finds the module that defines a class, given the class alone. */
import { isAbsolute } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { findExport } from './exported-values'
import { locationOf } from './inspector'
import type { ModuleRef } from './keys'

/** Null if it cannot be found. Takes milliseconds, so keep the result. */
export function locateClass(cls: Function): ModuleRef | null {
  return exportedFrom(cls) ?? writtenIn(cls)
}

/** The CommonJS module that exports the class itself. */
function exportedFrom(cls: Function): ModuleRef | null {
  const found = findExport(cls)
  return found ? { url: pathToFileURL(found.file).href, format: 'cjs' } : null
}

function writtenIn(cls: Function): ModuleRef | null {
  const location = locationOf(cls)
  if (location === null) return null
  const { url, isModule } = location
  const format = isModule ? 'esm' : 'cjs'
  if (url.startsWith('file:')) return { url: pathToFileURL(fileURLToPath(url)).href + new URL(url).search, format }
  return isAbsolute(url) ? { url: pathToFileURL(url).href, format } : null
}
