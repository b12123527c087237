/** Names the class of Nest's `Logger` for a worker, if the program does not have it from the package. */
import { loadedModules } from '../utils/location'
import { LOGGER_PACKAGE, loggerPackageFile, packageLogger } from '../utils/nest-logger'
import type { ClassRef, ModuleRef } from './keys'
import { locateClass } from './locate-class'

const known = new WeakMap<Function, { readonly ref: ClassRef | undefined }>()

/**
 * `undefined` if the class belongs to the package, which the worker can load itself. In a bundle that contains Nest, the
 * package may be missing, or be another copy with log levels of its own.
 *
 * @param module a module that uses the class
 */
export function loggerClassRef(cls: Function | undefined, module: ModuleRef): ClassRef | undefined {
  if (cls === undefined) return undefined
  const found = known.get(cls) ?? { ref: isOfPackage(cls, module) ? undefined : find(cls) }
  known.set(cls, found)
  return found.ref
}

/** Spares the search for the class, which takes longer. What ES modules have loaded is not known. */
function isOfPackage(cls: Function, { url, format }: ModuleRef): boolean {
  try {
    const file = loggerPackageFile(url)
    const mayBeLoaded = format === 'esm' || loadedModules()[file] !== undefined
    return mayBeLoaded && packageLogger(file) === (cls as unknown)
  } catch {
    return false // the package is missing, or the code has no file
  }
}

function find(cls: Function): ClassRef | undefined {
  const location = locateClass(cls)
  if (location === null || location.module.url.includes(`/${LOGGER_PACKAGE}/`)) return undefined
  return { ...location, name: cls.name, static: true }
}
