import { Logger } from '@nestjs/common'
import { levelsOf, type LoggerClass } from '../utils/nest-logger'

/** The log levels of this program or worker; `undefined` if they were not set. */
export function loggerLevels(): readonly string[] | undefined {
  return levelsOf(Logger as unknown as LoggerClass)
}
