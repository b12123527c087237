/** The entry point `pebble-ts/cluster`: pools whose calls run on other machines. Importing it starts nothing. */
import { publish } from './entry'

export { QueuePool, type QueuePoolStats } from './cluster/queue-pool'
export { QueueFuture } from './cluster/queue-future'
export { QueueWorker, type QueueWorkerStats } from './cluster/queue-worker'
export type { QueueCallOptions, QueuePoolOptions } from './cluster/queue-options'
export type { QueueWorkerOptions } from './cluster/worker-options'
export type { Retries, RetryCause } from './dispatch/retries'
export type { FailedCall } from './cluster/dead-letters'

module.exports = publish('cluster', module.exports as object)
