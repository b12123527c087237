import { Module, type DynamicModule, type Provider } from '@nestjs/common'
import { ModulesContainer } from '@nestjs/core'
import { isWorker } from '../registry/role'
import { clusterFor, type Cluster } from './cluster'
import { missingPool } from './missing-pool'
import { readModuleOptions, type PebbleModuleAsyncOptions, type PebbleModuleOptions } from './module-options'
import { NamedPools } from './named-pools'
import { NamedWorkers } from './named-workers'
import { PebbleHealthIndicator } from './pebble-health.indicator'
import { getPoolToken, wantedPools } from './pool-tokens'
import { WorkerModule } from './worker-modules'

const OPTIONS = Symbol('options of PebbleModule')
const CLUSTER = Symbol('pebble-ts/cluster')

/**
 * The Nest module of pebble-ts. It gives pools their names, injects them, and ends them when the application shuts down.
 *
 * @example
 * \@Module({ imports: [PebbleModule.forRoot({ pools: { reports: { kind: 'process', maxWorkers: 4 } } })] })
 * export class AppModule {}
 */
export class PebbleModule {
  /**
   * Defines the pools of the application. The module is global.
   *
   * When the application shuts down, the pools are closed and joined; after `shutdownTimeout` ms they are stopped. Workers
   * of queues take no more calls, and finish those that run. Nest shuts down at `app.close()`, and at signals after
   * `app.enableShutdownHooks()`.
   *
   * @throws {TypeError} an option is unknown or of the wrong type; {@link RangeError} one is out of range
   */
  static forRoot(options?: PebbleModuleOptions): DynamicModule {
    const known = readModuleOptions('PebbleModule.forRoot()', options)
    return dynamicModule({ provide: OPTIONS, useValue: known }, () => Object.keys(known.pools ?? {}))
  }

  /**
   * The same, with options that a factory makes of injected services. Pools that are injected by name before the
   * application is created can be injected from it.
   *
   * @example
   * PebbleModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ pools: { reports: { kind: 'process', maxWorkers: config.get('WORKERS') } } }),
   * })
   */
  static forRootAsync({ imports, inject = [], useFactory }: PebbleModuleAsyncOptions): DynamicModule {
    const create = async (...args: unknown[]): Promise<PebbleModuleOptions> =>
      readModuleOptions('PebbleModule.forRootAsync()', await useFactory(...args))
    return dynamicModule({ provide: OPTIONS, useFactory: create, inject }, wantedPools, imports)
  }
}
Module({})(PebbleModule)

/** @param names the pools that can be injected. Called when Nest scans the module, after all classes were loaded. */
function dynamicModule(options: Provider, names: () => string[], imports?: DynamicModule['imports']): DynamicModule {
  return {
    module: PebbleModule,
    global: true,
    imports,
    get providers() {
      return [
        options,
        cluster,
        namedPools,
        namedWorkers,
        workerModule,
        PebbleHealthIndicator,
        ...names().map(poolProvider),
      ]
    },
    get exports() {
      return [PebbleHealthIndicator, ...names().map(getPoolToken)]
    },
  }
}

const cluster: Provider = { provide: CLUSTER, useFactory: clusterFor, inject: [OPTIONS] }

const namedPools: Provider = {
  provide: NamedPools,
  useFactory: (options: PebbleModuleOptions, container: ModulesContainer, loaded: Cluster | undefined) =>
    new NamedPools(options, container, loaded),
  inject: [OPTIONS, ModulesContainer, CLUSTER],
}

const namedWorkers: Provider = {
  provide: NamedWorkers,
  useFactory: (options: PebbleModuleOptions, loaded: Cluster | undefined) => new NamedWorkers(options, loaded),
  inject: [OPTIONS, CLUSTER],
}

const workerModule: Provider = {
  provide: WorkerModule,
  useFactory: async ({ worker }: PebbleModuleOptions, container: ModulesContainer) =>
    worker && !isWorker() ? new WorkerModule(await worker(), container) : undefined,
  inject: [OPTIONS, ModulesContainer],
}

function poolProvider(name: string): Provider {
  return {
    provide: getPoolToken(name),
    useFactory: (pools: NamedPools) => pools.get(name) ?? missingPool(name, pools.names),
    inject: [NamedPools],
  }
}
