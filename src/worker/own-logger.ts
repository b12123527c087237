import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { FieldMissing } from '../registry/field-sources'
import type { MethodKey } from '../registry/keys'
import { createLogger, LOGGER_PACKAGE, type LoggerClass, type LoggerState } from '../utils/nest-logger'

/**
 * Creates this worker's logger of Nest, with the class that the module of the method has.
 *
 * @throws {FieldMissing} the module cannot load the package
 */
export function ownLogger(state: LoggerState, { module }: MethodKey): object {
  const { Logger } = packageOf(module.url) as { Logger: LoggerClass }
  return createLogger(Logger, state)
}

function packageOf(url: string): unknown {
  try {
    return createRequire(fileURLToPath(url))(LOGGER_PACKAGE)
  } catch (error) {
    throw new FieldMissing(`it is a Logger, and the worker cannot load ${LOGGER_PACKAGE}.`, { cause: error })
  }
}
