/** The optional peers of the cluster, loaded when they are used. `bullmq.ts` loads bullmq. */
import type * as IORedis from 'ioredis'
import type * as Pg from 'pg'
import { missingPeerError } from './sentences'

/* eslint-disable @typescript-eslint/no-require-imports -- an import would load them at once */

/** @throws {PoolError} it is not installed */
export const ioredis = (): typeof IORedis => loadPeer('ioredis', () => require('ioredis') as typeof IORedis)

/** @throws {PoolError} it is not installed */
export const pg = (): typeof Pg => loadPeer('pg', () => require('pg') as typeof Pg)

/** @throws {PoolError} it is not installed */
export function loadPeer<T>(name: string, load: () => T): T {
  try {
    return load()
  } catch (error) {
    throw missingPeerError(name, error)
  }
}
