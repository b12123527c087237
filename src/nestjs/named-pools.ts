/** The pools of one `PebbleModule`: made when the application starts, ended when it shuts down. */
import type { OnApplicationShutdown } from '@nestjs/common'
import { PoolError, TimeoutError } from '../errors'
import type { Pool } from '../pools/pool'
import { ProcessPool } from '../pools/process-pool'
import { endPool, registerScoped } from '../pools/registry'
import { ThreadPool } from '../pools/thread-pool'
import type { Cluster } from './cluster'
import type { NamedPool, PebbleModuleOptions } from './module-options'

export const SHUTDOWN_TIMEOUT = 10_000 // ms

/** The names that the modules of an application use, by its container. Other applications may use the same names. */
const namesOf = new WeakMap<object, Set<string>>()

export class NamedPools implements OnApplicationShutdown {
  readonly #cluster: Cluster | undefined
  readonly #pools = new Map<string, Pool>()
  readonly #release: Array<() => void> = []
  readonly #names: Set<string>
  readonly #shutdownTimeout: number

  /**
   * @param container tells the applications of one program apart
   * @param cluster there if one of the pools needs it
   * @throws {PoolError} another `PebbleModule` of this application has a pool of the same name
   */
  constructor(
    { pools = {}, shutdownTimeout = SHUTDOWN_TIMEOUT }: PebbleModuleOptions,
    container: object,
    cluster: Cluster | undefined,
  ) {
    this.#cluster = cluster
    this.#shutdownTimeout = shutdownTimeout
    this.#names = namesOf.get(container) ?? new Set()
    namesOf.set(container, this.#names)
    const taken = Object.keys(pools).find((name) => this.#names.has(name))
    if (taken !== undefined)
      throw new PoolError(
        `Two PebbleModules of this application define a pool '${taken}'. Define it once, and inject it with @InjectPool('${taken}').`,
        { reason: 'running' },
      )
    for (const [name, options] of Object.entries(pools)) this.#add(name, options)
  }

  get names(): string[] {
    return [...this.#pools.keys()]
  }

  get(name: string): Pool | undefined {
    return this.#pools.get(name)
  }

  /** The last of Nest's hooks: requests that run while the server closes still have their pools. */
  async onApplicationShutdown(): Promise<void> {
    const all = [...this.#pools.values()]
    for (const pool of all) pool.close()
    try {
      await Promise.all(all.map((pool) => this.#end(pool)))
    } finally {
      for (const release of this.#release) release()
      for (const name of this.#pools.keys()) this.#names.delete(name)
    }
  }

  /** The calls of a queue pool go on when the program ends, so they are not stopped here either. */
  async #end(pool: Pool): Promise<void> {
    if (this.#cluster === undefined || !(pool instanceof this.#cluster.QueuePool))
      return await endPool(pool, this.#shutdownTimeout)
    await pool.join(this.#shutdownTimeout).catch((error: unknown) => {
      if (!(error instanceof TimeoutError)) throw error
    })
  }

  #add(name: string, options: NamedPool): void {
    const pool = this.#create(name, options)
    this.#pools.set(name, pool)
    this.#names.add(name)
    this.#release.push(registerScoped(name, pool))
  }

  #create(name: string, options: NamedPool): Pool {
    if (options.kind === 'queue') {
      const { kind: _kind, queue = name, ...rest } = options
      const { QueuePool } = this.#cluster as Cluster
      return new QueuePool(queue, { name, ...rest })
    }
    const { kind, ...rest } = options
    return kind === 'thread' ? new ThreadPool({ name, ...rest }) : new ProcessPool({ name, ...rest })
  }
}
