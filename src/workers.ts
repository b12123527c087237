/**
 * Pools with an inbox, an outbox and an errbox: the whole of Python's small library `workers`.
 */
import { publish } from './entry'

export { WorkerPool, pool } from './boxes/worker-pool'
export { SummoningPool, summoningPool } from './boxes/summoning-pool'
export { Worker } from './boxes/worker'
export { iterqueue } from './boxes/iterqueue'
export { DummyQueue } from './queues/dummy-queue'
export type { Work } from './boxes/work'
export type { Box, SummoningPoolOptions, WorkerOptions, WorkerPoolOptions } from './boxes/box-options'

module.exports = publish('workers', module.exports as object)
