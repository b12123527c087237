import { fileURLToPath } from 'node:url'
import { exportOf } from '../registry/exported-values'
import { FieldMissing } from '../registry/field-sources'
import type { ClassRef, MethodKey } from '../registry/keys'
import {
  createLogger,
  LOGGER_PACKAGE,
  loggerPackageFile,
  packageLogger,
  type LoggerClass,
  type LoggerState,
} from '../utils/nest-logger'
import { findModuleClass } from './resolving/find-class'

/** The classes that are not from the package, by where they are. The search looks at the whole heap. `null`: not found. */
const located = new Map<string, LoggerClass | null>()

/**
 * Creates this worker's logger of Nest, with the class that the module of the method has: that of a bundle that contains
 * Nest, or that of the package.
 *
 * @throws {FieldMissing} the module cannot load the package
 */
export function ownLogger(state: LoggerState, { module }: MethodKey): object {
  const cls = classAt(state.cls as ClassRef | undefined) ?? classOfPackage(module.url)
  return createLogger(cls, state)
}

/** The file that has the class is loaded: the class of the method has imported it. */
function classAt(ref: ClassRef | undefined): LoggerClass | undefined {
  if (ref === undefined) return undefined
  const id = JSON.stringify(ref)
  if (!located.has(id)) located.set(id, exportedLogger(ref) ?? (findModuleClass(ref, []) as LoggerClass | null))
  return located.get(id) ?? undefined
}

/** The class that a CommonJS module exports, which another file may have defined. */
function exportedLogger({ module, name }: ClassRef): LoggerClass | undefined {
  if (module.format !== 'cjs' || !module.url.startsWith('file:')) return undefined
  const value = exportOf(fileURLToPath(module.url), name)
  return typeof value === 'function' ? (value as LoggerClass) : undefined
}

function classOfPackage(url: string): LoggerClass {
  try {
    return packageLogger(loggerPackageFile(url))
  } catch (error) {
    throw new FieldMissing(`it is a Logger, and the worker cannot load ${LOGGER_PACKAGE}.`, { cause: error })
  }
}
