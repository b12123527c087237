/** Names the class of Nest's `Logger` for a worker, if the program does not have it from the package. */
import { LOGGER_PACKAGE } from '../utils/nest-logger'
import type { ClassRef } from './keys'
import { locateClass } from './locate-class'

const known = new WeakMap<Function, { readonly ref: ClassRef | undefined }>()

/**
 * `undefined` if the class belongs to the package, which the worker can load itself. In a bundle that contains Nest, the
 * package may be missing, or be another copy with log levels of its own.
 */
export function loggerClassRef(cls: Function): ClassRef | undefined {
  const found = known.get(cls) ?? { ref: find(cls) }
  known.set(cls, found)
  return found.ref
}

function find(cls: Function): ClassRef | undefined {
  const location = locateClass(cls)
  if (location === null || location.module.url.includes(`/${LOGGER_PACKAGE}/`)) return undefined
  return { ...location, name: cls.name, static: true }
}
