/** The pools of one `PebbleModule`: made when the application starts, ended when it shuts down. */
import type { OnApplicationShutdown } from '@nestjs/common'
import { PoolError } from '../errors'
import type { Pool } from '../pools/pool'
import { ProcessPool } from '../pools/process-pool'
import { endPool, registerScoped } from '../pools/registry'
import { ThreadPool } from '../pools/thread-pool'
import type { NamedPool, PebbleModuleOptions } from './module-options'

const SHUTDOWN_TIMEOUT = 10_000 // ms

/** The names that the modules of an application use, by its container. Other applications may use the same names. */
const namesOf = new WeakMap<object, Set<string>>()

export class NamedPools implements OnApplicationShutdown {
  readonly #pools = new Map<string, Pool>()
  readonly #release: Array<() => void> = []
  readonly #names: Set<string>
  readonly #shutdownTimeout: number

  /**
   * @param container tells the applications of one program apart
   * @throws {PoolError} another `PebbleModule` of this application has a pool of the same name
   */
  constructor({ pools = {}, shutdownTimeout = SHUTDOWN_TIMEOUT }: PebbleModuleOptions, container: object) {
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
      await Promise.all(all.map((pool) => endPool(pool, this.#shutdownTimeout)))
    } finally {
      for (const release of this.#release) release()
      for (const name of this.#pools.keys()) this.#names.delete(name)
    }
  }

  #add(name: string, { kind, ...options }: NamedPool): void {
    const Kind = kind === 'thread' ? ThreadPool : ProcessPool
    const pool = new Kind({ name, ...options })
    this.#pools.set(name, pool)
    this.#names.add(name)
    this.#release.push(registerScoped(name, pool))
  }
}
