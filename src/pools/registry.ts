/**
 * The pools that calls can name. A call of a decorated method goes to the pool that its options name: one that was
 * registered, or a shared pool if they have no `pool`.
 */
import type { ProcessContext } from '../channel/channel'
import type { CallLimits } from '../dispatch/call'
import { PoolError, TimeoutError } from '../errors'
import type { Future } from '../futures/future'
import { otherCopies } from '../registry/copies'
import { PROTOCOL } from '../registry/shared'
import {
  checkOption,
  checkOptions,
  matching,
  nested,
  nonEmptyString,
  nonNegativeMs,
  type Rules,
} from '../utils/options'
import { host, isForeign } from '../utils/realm'
import type { Pool } from './pool'
import { processPoolRules, threadPoolRules, type PoolOptions, type ProcessPoolOptions } from './pool-options'
import { ProcessPool } from './process-pool'
import type { BodyOptions } from './schedulable'
import { ThreadPool } from './thread-pool'

/** A pool of processes on other machines: `QueuePool` of `pebble-ts/cluster`. */
export interface RemotePool extends Pool {
  readonly kind: 'process'
  attach(id: string): Future<unknown>
}

/** The options of a call that choose its pool. */
export interface PoolChoice {
  readonly kind: 'thread' | 'process'
  /** A pool, or its name in the registry. Default: the shared pool of the kind. */
  readonly pool?: Pool | string
  /** For processes: calls with equal contexts share a pool. */
  readonly context?: ProcessContext
}

const configureRules: Rules<{ thread?: PoolOptions; process?: ProcessPoolOptions }> = {
  thread: nested(threadPoolRules),
  process: nested(processPoolRules),
}
const shutdownRules: Rules<{ timeout?: number }> = { timeout: nonNegativeMs }
const named = new Map<string, Pool>()
/** Pools that have a name for a while, before those in `named`; the last one counts. */
const scoped = new Map<string, Pool[]>()
/** By {@link sharedKey}. */
const shared = new Map<string, Pool>()
const defaults: { thread: PoolOptions; process: ProcessPoolOptions } = { thread: {}, process: {} }

/** The pools of this program: the shared ones behind bare decorators, and those that were given a name. */
export const pools = {
  /**
   * Gives a pool a name that decorators can use.
   *
   * @throws {PoolError} another pool that has not ended has that name; {@link TypeError} or {@link RangeError} the name
   * is not a non-empty string, or `pool` is not a pool
   */
  register(name: string, pool: Pool): void {
    checkOption('name', name, nonEmptyString)
    checkOption('pool', pool, matching('a ThreadPool or a ProcessPool', isPool))
    const known = named.get(name)
    if (known?.active && known !== pool)
      throw new PoolError(`Another pool is registered as '${name}'. Choose another name, or end that pool first.`, {
        reason: 'running',
      })
    named.set(name, pool)
  },

  /** Returns the pool of that name, or `undefined`. */
  get<P extends Pool = Pool>(name: string): P | undefined {
    return (scoped.get(name)?.at(-1) ?? named.get(name)) as P | undefined
  },

  /**
   * Sets the options of the shared pools.
   *
   * @throws {TypeError} an option is unknown or of the wrong type; {@link RangeError} one is out of range;
   * {@link PoolError} a shared pool of that kind is in use already
   */
  configure(options: { thread?: PoolOptions; process?: ProcessPoolOptions }): void {
    checkOptions('pools.configure()', options, configureRules)
    const kinds = (['thread', 'process'] as const).filter((kind) => options[kind] !== undefined)
    const inUse = kinds.find((kind) => [...shared.values()].some((pool) => pool.kind === kind))
    if (inUse) {
      throw new PoolError(
        `The shared ${inUse} pool is in use already: configure it before the first call, or after pools.shutdown().`,
        { reason: 'running' },
      )
    }
    for (const kind of kinds) defaults[kind] = { ...options[kind] }
  },

  /**
   * Closes and joins all pools of the registry, and forgets their names. The next call makes a new shared pool.
   *
   * @param options `timeout`: limit in ms, after which the pools are stopped, running calls included. Default: no limit
   */
  async shutdown(options?: { timeout?: number }): Promise<void> {
    const { timeout } = checkOptions('pools.shutdown()', options, shutdownRules)
    const all = [...named.values(), ...[...scoped.values()].flat(), ...shared.values()]
    named.clear()
    scoped.clear()
    shared.clear()
    for (const pool of all) pool.close()
    await Promise.all(all.map((pool) => endPool(pool, timeout)))
  },
}

/**
 * Gives a pool a name, whatever pool has that name now, until the returned function is called. For frameworks: several
 * applications of one program, such as those of tests, may use the same names. @internal
 */
export function registerScoped(name: string, pool: Pool): () => void {
  const owners = scoped.get(name) ?? []
  scoped.set(name, [...owners, pool])
  return () => {
    const others = scoped.get(name)?.filter((other) => other !== pool) ?? []
    if (others.length > 0) scoped.set(name, others)
    else scoped.delete(name)
  }
}

/**
 * Waits until the pool has done its calls; after `timeout` ms it stops the pool, running calls included. The pool must be
 * closed. @internal
 */
export async function endPool(pool: Pool, timeout: number | undefined): Promise<void> {
  try {
    await pool.join(timeout)
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    pool.stop({ force: true })
    await pool.join()
  }
}

/**
 * Returns the pool that a call goes to.
 *
 * @throws {PoolError} no pool of that name is registered, it is of the other kind, or another copy of the library made it
 */
export function poolFor(choice: PoolChoice): Pool {
  const { kind, pool, context } = choice
  if (pool === undefined) return sharedPool(kind, context)
  const found = typeof pool === 'string' ? registeredPool(pool) : pool
  if (found.protocol !== PROTOCOL)
    throw new PoolError(
      `Cannot run a @${kind} method on '${found.name}': this copy of pebble-ts did not make it.${otherCopies()}`,
    )
  if (found.kind === kind) return found
  throw new PoolError(
    `Cannot run a @${kind} method on '${found.name}': it is a pool of ${found.kind === 'thread' ? 'threads' : 'processes'}.`,
    { reason: 'kind' },
  )
}

function registeredPool(name: string): Pool {
  const pool = pools.get(name)
  if (pool) return pool
  throw new PoolError(
    `No pool is registered as '${name}'. Register it before the first call: pools.register('${name}', pool).${otherNames()}${otherCopies()}`,
    { reason: 'unknown' },
  )
}

/** The names of the pools that take calls, for the error of a name that is misspelled. */
function otherNames(): string {
  const names = [...named, ...[...scoped].map(([name, owners]) => [name, owners.at(-1)] as const)]
    .filter(([, pool]) => pool?.active)
    .map(([name]) => `'${name}'`)
  return names.length === 0 ? '' : ` Registered: ${[...new Set(names)].join(', ')}.`
}

/** Returns the pool behind decorators without `pool`. The first call makes it. */
export function sharedPool(kind: 'thread' | 'process', context?: ProcessContext): Pool {
  const key = sharedKey(kind, context)
  const known = shared.get(key)
  if (known && !known.dispatcher.broken) return known
  retireOtherRealms()
  const name = `shared ${kind} pool`
  const pool =
    kind === 'thread'
      ? new ThreadPool({ name, ...defaults.thread })
      : new ProcessPool({ name, ...defaults.process, ...(context && { context }) })
  shared.set(key, pool)
  return pool
}

/**
 * The key of the shared pool of a kind and a context: equal contexts have equal keys. The order of properties does not
 * matter; the order of `execArgv` does. `undefined` counts, because in `env` it removes a variable; `JSON.stringify`
 * alone would leave it out.
 */
export function sharedKey(kind: 'thread' | 'process', context: ProcessContext | undefined): string {
  return context ? `${kind} ${canonical(context)}` : kind
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join()}}`
}

/**
 * Retires the shared workers of other realms. A test runner evaluates the library once per test file. The workers of an
 * earlier file hold its modules, and would miss later edits, so they end when another file starts workers of its own.
 */
function retireOtherRealms(): void {
  if (!isForeign) return
  const key = Symbol.for('pebble-ts.realms')
  const realms = ((host as unknown as Record<symbol, unknown>)[key] ??= new Map()) as Map<object, () => void>
  if (realms.has(globalThis)) return
  for (const retire of realms.values()) retire()
  realms.clear()
  realms.set(globalThis, () => {
    for (const pool of shared.values()) pool.retire()
  })
}

/** Checks the shape and not the class: a test runner may have evaluated this library twice. */
function isPool(value: unknown): boolean {
  const { kind, schedule } = (value ?? {}) as Partial<Pool>
  return (kind === 'thread' || kind === 'process') && typeof schedule === 'function'
}

/** The validated options of a decorator: one object per decorated method. */
export type CallOptions = PoolChoice & CallLimits & BodyOptions
