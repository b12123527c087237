import type { ProcessContext } from '../channel/channel'
import { PoolError } from '../errors'
import { otherCopies } from '../registry/copies'
import { PROTOCOL } from '../registry/shared'
import type { Pool } from './pool'
import { pools, sharedPool } from './registry'

/** Where a call goes. */
export interface PoolChoice {
  readonly kind: 'thread' | 'process'
  /** A pool, or its name in the registry; default: the shared pool of the kind. */
  readonly pool?: Pool | string
  /** Of processes: calls with the same context share a pool. */
  readonly context?: ProcessContext
}

/** @throws {PoolError} no pool of that name is registered, or it is of the other kind */
export function poolFor(choice: PoolChoice): Pool {
  const { kind, pool, context } = choice
  if (pool === undefined) return sharedPool(kind, context)
  const found = typeof pool === 'string' ? registered(pool) : pool
  if (found.protocol !== PROTOCOL)
    throw new PoolError(
      `Cannot run a @${kind} method on '${found.name}': this copy of pebble-ts did not make it.${otherCopies()}`,
    )
  if (found.kind === kind) return found
  throw new PoolError(
    `Cannot run a @${kind} method on '${found.name}': it is a pool of ${found.kind === 'thread' ? 'threads' : 'processes'}.`,
    { reason: 'kind' },
  )
}

function registered(name: string): Pool {
  const pool = pools.get(name)
  if (pool) return pool
  throw new PoolError(
    `No pool is registered as '${name}'. Register it before the first call: pools.register('${name}', pool).${otherCopies()}`,
    { reason: 'unknown' },
  )
}
