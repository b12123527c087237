/**
 * Nest's `Logger`, which nearly every Nest service has as a field. Its instances hold functions of the library, so they
 * cannot be sent. A worker creates its own with the same context and the same log levels. Nest is not imported for this:
 * the class is recognised by its shape.
 */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** What it takes to create the logger again. Plain data. */
export interface LoggerState {
  readonly context?: string
  readonly timestamp?: boolean
  /** The levels that the program prints; an empty array if it prints nothing, `undefined` if it has not set them. */
  readonly levels?: readonly string[]
  /** A `ClassRef` of `registry/keys`: where the class is, if the package does not have it. A bundle may contain Nest. */
  readonly cls?: unknown
}

/** The static side of the class, as far as it is used here. Nest declares some of it as private or protected. */
export interface LoggerClass {
  new (context?: string, options?: { timestamp?: boolean }): object
  overrideLogger(logger: readonly string[] | false): unknown
  readonly logLevels?: readonly string[]
  readonly staticInstanceRef?: object
}

/** The package that has the class. */
export const LOGGER_PACKAGE = '@nestjs/common'

/** The file that a module at `url` loads the package from. @throws if it cannot */
export function loggerPackageFile(url: string): string {
  return createRequire(fileURLToPath(url)).resolve(LOGGER_PACKAGE)
}

/** The class of the package. A file of the package may require its ES modules without a warning of Node. */
export function packageLogger(file: string): LoggerClass {
  return (createRequire(file)(file) as { Logger: LoggerClass }).Logger
}

/** The state of a logger of Nest; `undefined` if `value` is something else. */
export function loggerState(value: object): LoggerState | undefined {
  const { constructor: cls } = value as { constructor?: unknown }
  if (!isLoggerClass(cls) || Object.getPrototypeOf(value) !== cls.prototype) return undefined
  const { context, options } = value as { context?: unknown; options?: { timestamp?: unknown } }
  return {
    context: typeof context === 'string' ? context : undefined,
    timestamp: typeof options?.timestamp === 'boolean' ? options.timestamp : undefined,
    levels: levelsOf(cls),
  }
}

/** Creates the logger, and sets the log levels of the class. */
export function createLogger(cls: LoggerClass, { context, timestamp, levels }: LoggerState): object {
  if (levels !== undefined && levels.join() !== levelsOf(cls)?.join())
    cls.overrideLogger(levels.length === 0 ? false : levels)
  return new cls(context, { timestamp })
}

/** Bundlers rename classes, so the name says nothing. A subclass inherits these methods, and is another class. */
function isLoggerClass(cls: unknown): cls is LoggerClass & { readonly prototype: object } {
  return typeof cls === 'function' && OWN_METHODS.every((name) => isOwnMethod(cls, name))
}

const OWN_METHODS = ['overrideLogger', 'isLevelEnabled']

function isOwnMethod(cls: Function, name: string): boolean {
  return typeof Reflect.getOwnPropertyDescriptor(cls, name)?.value === 'function'
}

/** The levels that the class prints; an empty array if it prints nothing, `undefined` if they were not set. */
export function levelsOf({ staticInstanceRef, logLevels }: LoggerClass): readonly string[] | undefined {
  return staticInstanceRef === undefined ? [] : logLevels && [...logLevels]
}
