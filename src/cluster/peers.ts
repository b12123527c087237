/**
 * The optional peers of the cluster, loaded when they are used. `bullmq.ts` loads bullmq. Each `require` is in a `try`,
 * so that bundlers only warn of a package that is not installed.
 */
import type * as IORedis from 'ioredis'
import type * as Pg from 'pg'
import { missingPeerError } from './sentences'

/* eslint-disable @typescript-eslint/no-require-imports -- an import would load them at once */

/** @throws {PoolError} it is not installed */
export function ioredis(): typeof IORedis {
  try {
    return require('ioredis') as typeof IORedis
  } catch (error) {
    throw missingPeerError('ioredis', error)
  }
}

/** @throws {PoolError} it is not installed */
export function pg(): typeof Pg {
  try {
    return require('pg') as typeof Pg
  } catch (error) {
    throw missingPeerError('pg', error)
  }
}
