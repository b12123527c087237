/** The options of {@link PebbleModule}. */
import type { DynamicModule, FactoryProvider, Type } from '@nestjs/common'
import { processPoolRules, threadPoolRules, type PoolOptions, type ProcessPoolOptions } from '../pools/pool-options'
import * as rule from '../utils/options'

/** A pool that an application names. */
export type NamedPool =
  ({ readonly kind: 'thread' } & PoolOptions) | ({ readonly kind: 'process' } & ProcessPoolOptions)

/** Options of `PebbleModule.forRoot`. */
export interface PebbleModuleOptions {
  /** The pools by name: for `@process({ pool: 'reports' })`, `@InjectPool('reports')` and `pools.get('reports')`. */
  pools?: Record<string, NamedPool>
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
   * running calls included. Default: 10,000.
   */
  shutdownTimeout?: number
}

/** Options of `PebbleModule.forRootAsync`: Nest injects `inject` into `useFactory`, which returns the options. */
export interface PebbleModuleAsyncOptions
  extends
    Pick<DynamicModule, 'imports'>,
    Pick<FactoryProvider<PebbleModuleOptions | Promise<PebbleModuleOptions>>, 'inject' | 'useFactory'> {}

const poolRules = { thread: threadPoolRules, process: processPoolRules }
const kindRule = rule.oneOf('thread', 'process')

const anyPool: rule.Rule = {
  ...rule.matching('an object of pools by name', (value) => typeof value === 'object' && value !== null),
  inside: (name, value) => {
    for (const [pool, options] of Object.entries(value as object)) checkPool(`${name}.${pool}`, options)
  },
}

const rules: rule.Rules<PebbleModuleOptions> = { pools: anyPool, worker: rule.fn, shutdownTimeout: rule.nonNegativeMs }

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
