import type { Connection } from './connection'
import { CLOCK_TOLERANCE } from './lease'
import type { Secrets } from './signatures'

export interface EngineOptions {
  readonly queue: string
  readonly connection: Connection
  /** The keys that sign messages. */
  readonly secrets: Secrets
  /** How long a worker may be silent until its jobs count as lost, in ms. */
  readonly lease: number
  /** How long records of finished and of failed jobs are kept, in ms. */
  readonly keep: number
  readonly keepFailed: number
}

/** The time between two checks for lost jobs, in ms. */
export const checkEvery = (lease: number): number => Math.max(500, Math.floor(lease / 3))

/** The channel of the replies to one caller. */
export const callerChannel = (queue: string, caller: string): string => `pebble-ts:${queue}:caller:${caller}`

/** The channel of the messages to all workers of a queue. */
export const controlChannel = (queue: string): string => `pebble-ts:${queue}:control`

/**
 * Whether this machine cannot compare leases. The leases of PostgreSQL are measured by the clocks of the machines;
 * Redis measures its leases by its own clock.
 */
export const areLeasesUnsafe = ({ connection }: Pick<EngineOptions, 'connection'>): boolean =>
  connection.kind === 'postgres' && !(connection.clock.isKnown && Math.abs(connection.clock.offset) <= CLOCK_TOLERANCE)
