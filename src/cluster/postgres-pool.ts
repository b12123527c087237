/**
 * The connections for the statements of BullMQ. Its tables are in a schema of their own. If they are missing or old,
 * they are made when the first connection is opened.
 */
import type { Pool, PoolClient, PoolConfig } from 'pg'
import { after } from '../utils/after'
import { migrate, SCHEMA } from './bullmq'
import { pg } from './peers'
import { isRefusal, type Trouble } from './trouble'

/** The time between two attempts to connect at the start, in ms. */
const RETRY_EVERY = 500

/** A connection that listens sends nothing, so without this it would never notice that the server is gone. In ms. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 } as const

type Connected = (error: Error | undefined, client?: PoolClient, release?: (error?: Error | boolean) => void) => void

/** @param given the option of the user. If it is a pool, only its options are used: BullMQ needs its own schema */
export function poolConfig(given: string | object): PoolConfig {
  const config = (typeof given === 'string' ? { connectionString: given } : optionsOf(given)) as PoolConfig
  const schema = `-c search_path=${SCHEMA}`
  return {
    max: 10,
    allowExitOnIdle: true,
    ...KEEP_ALIVE,
    ...config,
    options: config.options ? `${config.options} ${schema}` : schema,
  }
}

function optionsOf(given: object): object {
  if (!('totalCount' in given && 'options' in given)) return given
  const options = given.options as PoolConfig
  return { ...options, password: options.password } // pg hides it from copies
}

/** @param trouble gets the errors of the first connection */
export function openPool(config: PoolConfig, trouble: Trouble): Pool {
  const { Pool: BasePool } = pg()
  /** BullMQ asks only once for its first connection. So `connect` waits for the server, as Redis clients do. */
  class MigratedPool extends BasePool {
    #migrated: Promise<void> | undefined

    override connect(): Promise<PoolClient>
    override connect(callback: Connected): void
    override connect(callback?: Connected): Promise<PoolClient> | void {
      const migrated = (this.#migrated ??= this.#migrate())
      const connected = migrated.then(() => super.connect())
      if (callback === undefined) return connected
      connected.then(
        (client) => callback(undefined, client, (error) => client.release(error)),
        (error: Error) => callback(error),
      )
    }

    async #migrate(): Promise<void> {
      try {
        const client = await this.#firstClient()
        try {
          await migrate(client)
        } finally {
          client.release()
        }
      } catch (error) {
        this.#migrated = undefined
        throw error
      }
    }

    async #firstClient(): Promise<PoolClient> {
      for (;;) {
        try {
          const client = await super.connect()
          trouble.over()
          return client
        } catch (error) {
          trouble.happened(error)
          if (this.ending || isRefusal(error) || !mayPass(error)) throw error
        }
        await new Promise<void>((resolve) => after(RETRY_EVERY, resolve).unref())
      }
    }
  }
  const pool = new MigratedPool(config)
  const ignore = (): void => undefined
  pool.on('error', ignore) // an idle client lost its connection; the pool replaces it
  pool.on('connect', (client) => client.on('error', ignore)) // a client lost it between two statements of a transaction
  return pool
}

/** Whether the server cannot be reached now. A refused password or a missing database is an error of another kind. */
function mayPass(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return typeof code !== 'string' || !/^(?=.*\d)[0-9A-Z]{5}$/.test(code) || /^(?:08|53|57)/.test(code)
}
