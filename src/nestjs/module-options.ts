/** The options of {@link PebbleModule}. */
import type { DynamicModule, FactoryProvider, Type } from '@nestjs/common'
import { queuePoolRules, type QueuePoolOptions } from '../cluster/queue-options'
import { queueWorkerRules, type QueueWorkerOptions } from '../cluster/worker-options'
import { processPoolRules, threadPoolRules, type PoolOptions, type ProcessPoolOptions } from '../pools/pool-options'
import * as rule from '../utils/options'

/** The options of a pool of `pebble-ts/cluster`. `queue`: the name of its queue; default: the name of the pool. */
export type NamedQueuePool = { readonly kind: 'queue'; readonly queue?: string } & QueuePoolOptions

/** A pool that an application names. */
export type NamedPool =
  ({ readonly kind: 'thread' } & PoolOptions) | ({ readonly kind: 'process' } & ProcessPoolOptions) | NamedQueuePool

/** The options of a `QueueWorker`. `queue`: the name of its queue, or several; default: the name of the worker. */
export type NamedWorker = { readonly queue?: string | readonly string[] } & QueueWorkerOptions

/** Options of `PebbleModule.forRoot`. */
export interface PebbleModuleOptions {
  /** The pools by name: for `@process({ pool: 'reports' })`, `@InjectPool('reports')` and `pools.get('reports')`. */
  pools?: Record<string, NamedPool>
  /**
   * Workers of queues that this application starts once it is there: `{ reports: { modules: ['dist/reports.js'], connection } }`.
   * They need `bullmq`. Default: none.
   */
  workers?: Record<string, NamedWorker>
  /**
   * Returns the module that gives bodies their injected fields. Each worker that needs it creates one application context
   * of that module, when the first body with injected fields comes, and closes it when it retires. In a body, the data
   * fields of `this` are copies of the caller's, and the others are those of the worker's own instance of the class.
   *
   * Give a module of the services that bodies use. What it imports starts in every worker: leave out schedulers, message
   * consumers and servers. Default: none, and reading an injected field in a body throws.
   */
  worker?: () => Type | Promise<Type>
  /**
   * How long the pools may finish their calls when the application shuts down, in ms. What is left is stopped then,
   * running calls included; calls of queue pools go on, on their machines. Workers of queues without a `drain` of their own
   * stop their bodies after the same time. Default: 10,000.
   */
  shutdownTimeout?: number
}

/** Options of `PebbleModule.forRootAsync`: Nest injects `inject` into `useFactory`, which returns the options. */
export interface PebbleModuleAsyncOptions
  extends
    Pick<DynamicModule, 'imports'>,
    Pick<FactoryProvider<PebbleModuleOptions | Promise<PebbleModuleOptions>>, 'inject' | 'useFactory'> {}

const queueRules = { ...queuePoolRules, queue: rule.nonEmptyString }
const poolRules = { thread: threadPoolRules, process: processPoolRules, queue: queueRules }
const kindRule = rule.oneOf('thread', 'process', 'queue')
const workerRules = {
  ...queueWorkerRules,
  queue: rule.either(rule.nonEmptyString, rule.arrayOf(rule.nonEmptyString, 'an array of names')),
}

/** @param check what is called with each of them */
function byName(what: string, check: (name: string, options: unknown) => void): rule.Rule {
  return {
    ...rule.matching(`an object of ${what} by name`, (value) => typeof value === 'object' && value !== null),
    inside: (name, value) => {
      for (const [each, options] of Object.entries(value as object)) check(`${name}.${each}`, options)
    },
  }
}

const rules: rule.Rules<PebbleModuleOptions> = {
  pools: byName('pools', checkPool),
  workers: byName('workers', (name, options) =>
    rule.checkOption(name, options, rule.nested<object>(workerRules, 'the options of a worker')),
  ),
  worker: rule.fn,
  shutdownTimeout: rule.nonNegativeMs,
}

/**
 * Checks the options.
 *
 * @throws {TypeError} an option is unknown or of the wrong type; {@link RangeError} one is out of range
 */
export function readModuleOptions(where: string, given: PebbleModuleOptions | undefined): PebbleModuleOptions {
  return rule.checkOptions(where, given, rules)
}

function checkPool(name: string, options: unknown): void {
  rule.checkOption(
    name,
    options,
    rule.matching('the options of a pool', (value) => typeof value === 'object' && value !== null),
  )
  const { kind } = options as NamedPool
  rule.checkOption(`${name}.kind`, kind, kindRule)
  rule.checkOption(name, options, rule.nested<object>({ ...poolRules[kind], kind: kindRule }))
}
