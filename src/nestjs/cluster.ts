/** `pebble-ts/cluster`, loaded only for applications that use it. */
import type { QueuePool } from '../cluster/queue-pool'
import type { QueueWorker } from '../cluster/queue-worker'
import type { PebbleModuleOptions } from './module-options'

export interface Cluster {
  readonly QueuePool: typeof QueuePool
  readonly QueueWorker: typeof QueueWorker
}

/** Resolves to `undefined` if these options need no cluster. */
export async function clusterFor({ pools = {}, workers = {} }: PebbleModuleOptions): Promise<Cluster | undefined> {
  const isUsed = Object.keys(workers).length > 0 || Object.values(pools).some(({ kind }) => kind === 'queue')
  if (!isUsed) return undefined
  const [pool, worker] = await Promise.all([import('../cluster/queue-pool.js'), import('../cluster/queue-worker.js')])
  return { QueuePool: pool.QueuePool, QueueWorker: worker.QueueWorker }
}
