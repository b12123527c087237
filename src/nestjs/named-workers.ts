/** The workers of queues of one `PebbleModule`: started when the application is there, drained when it shuts down. */
import type { OnApplicationBootstrap, OnApplicationShutdown, OnModuleDestroy } from '@nestjs/common'
import type { QueueWorker } from '../cluster/queue-worker'
import { isWorker } from '../registry/role'
import type { Cluster } from './cluster'
import type { PebbleModuleOptions } from './module-options'
import { SHUTDOWN_TIMEOUT } from './named-pools'

export class NamedWorkers implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  readonly #options: PebbleModuleOptions
  readonly #cluster: Cluster | undefined
  #running: ReadonlyArray<{ readonly worker: QueueWorker; readonly drain: number }> = []

  /** @param cluster there if these options have workers */
  constructor(options: PebbleModuleOptions, cluster: Cluster | undefined) {
    this.#options = options
    this.#cluster = cluster
  }

  /** The context of a worker has the same module, and must not take calls itself. */
  onApplicationBootstrap(): void {
    if (this.#cluster === undefined || isWorker()) return
    const { QueueWorker } = this.#cluster
    const { workers = {}, shutdownTimeout = SHUTDOWN_TIMEOUT } = this.#options
    this.#running = Object.entries(workers).map(([name, { queue = name, ...options }]) => {
      const { drain = shutdownTimeout } = options
      return { worker: new QueueWorker(queue, { ...options, drain }), drain }
    })
  }

  /** The first of Nest's hooks: no more calls are taken while the server closes. */
  onModuleDestroy(): void {
    for (const { worker } of this.#running) worker.pause()
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.#running.map(({ worker, drain }) => worker.close({ drain })))
  }
}
