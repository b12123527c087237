/** The only file that imports bullmq. The package is an optional peer, loaded when it is used. */
import type * as BullMQ from 'bullmq'
import type { Redis } from 'ioredis'
import type { Pool, PoolClient } from 'pg'
import type { Connection } from './connection'
import { checkEvery, type EngineOptions } from './engine-options'
import { missingPeerError } from './sentences'

export type { Job, Queue, Worker, WorkerOptions } from 'bullmq'

/** @throws {PoolError} it is not installed */
export function bullmq(): typeof BullMQ {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at once
    return require('bullmq') as typeof BullMQ
  } catch (error) {
    throw missingPeerError('bullmq', error) // in a `try`, so that bundlers only warn of a package that is not installed
  }
}

/** BullMQ's limit for lost workers per job. It never applies: `verdict.ts` decides at each pick-up instead. */
export const MOST_STALLS = 2 ** 31 - 1
/**
 * How many events BullMQ keeps for its own readers. This package reads none. Each may hold a result, and none expires.
 */
const EVENTS = 100

/** Where BullMQ keeps its tables in PostgreSQL. */
export const SCHEMA = 'bullmq'

/** Makes or updates these tables. If they are up to date, a role that may use them is enough. */
export async function migrate(client: PoolClient): Promise<void> {
  const { assertSchemaCompatibility, LATEST_SCHEMA_VERSION, runMigrations, SchemaMigrationRequiredError } = bullmq()
  let version = 0
  try {
    version = await assertSchemaCompatibility(client, SCHEMA)
  } catch (error) {
    if (!(error instanceof SchemaMigrationRequiredError)) throw error
  }
  if (version < LATEST_SCHEMA_VERSION) await runMigrations(client, SCHEMA)
}

/** A queue, with the options of the check for lost jobs. */
export function openQueue({ queue, connection, lease }: EngineOptions): BullMQ.Queue {
  const { Queue } = bullmq()
  const checks = { maxStalledCount: MOST_STALLS, stalledInterval: checkEvery(lease) }
  const options = {
    connection: connection.client as BullMQ.ConnectionOptions,
    streams: { events: { maxLen: EVENTS } },
    ...checks,
  }
  const opened = new Queue(queue, options, ...backendOf(connection))
  opened.on('error', () => undefined) // it connects again; if a call waits too long, its error has the reason
  return opened
}

/**
 * Tells one of the workers that wait for a job of the queue that there may be one. BullMQ tells only one worker of a new
 * job: if that one has no slot, it passes this on. All workers hear of a job in PostgreSQL.
 */
export async function passOn(queue: BullMQ.Queue, { kind, client }: Connection): Promise<void> {
  if (kind === 'redis') await (client as Redis).zadd(queue.backend.toKey('marker'), 0, '0')
}

/**
 * Makes a job that is over independent of its repetition. In PostgreSQL, BullMQ refuses to remove any job of a repetition.
 */
export async function leaveRepetition(queue: BullMQ.Queue, { kind, client }: Connection, id: string): Promise<void> {
  const sql = `UPDATE job SET scheduler_id = NULL WHERE queue = $1 AND id = $2 AND state IN ('completed', 'failed')`
  if (kind === 'postgres') await (client as Pool).query(sql, [queue.name, id])
}

/** The last argument of BullMQ's constructors: nothing for Redis. */
export function backendOf({ kind }: Connection): [] | [never] {
  return kind === 'redis' ? [] : [bullmq().createPostgresBackend as never]
}
