/**
 * The entry point `pebble-ts/workers`: pools with an inbox, an outbox and an errbox, as in Python's library `workers`.
 */
import { publish } from './entry'

export { WorkerPool, pool } from './inbox-pools/worker-pool'
export { SummoningPool, summoningPool } from './inbox-pools/summoning-pool'
export { Worker } from './inbox-pools/worker'
export { iterqueue } from './inbox-pools/iterqueue'
export { DummyQueue } from './queues/dummy-queue'
export type { Work } from './inbox-pools/work'
export type { Box, SummoningPoolOptions, WorkerOptions, WorkerPoolOptions } from './inbox-pools/options'

module.exports = publish('workers', module.exports as object)
