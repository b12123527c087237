/** The entry point `pebble-ts/nestjs`: pools as providers of a Nest application. */
import { publish } from './entry'
import { open } from './nestjs/worker-context'
import { refOf, SOURCE } from './nestjs/worker-modules'
import { addFieldSource } from './registry/field-sources'

export { PebbleModule } from './nestjs/pebble.module'
export { getPoolToken, InjectPool } from './nestjs/pool-tokens'
export { PebbleHealthIndicator, type PoolHealth, type PoolHealthOptions } from './nestjs/pebble-health.indicator'
export type {
  NamedPool,
  NamedQueuePool,
  NamedWorker,
  PebbleModuleAsyncOptions,
  PebbleModuleOptions,
} from './nestjs/module-options'

addFieldSource(SOURCE, { refOf, open })
module.exports = publish('nestjs', module.exports as object)
