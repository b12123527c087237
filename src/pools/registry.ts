import type { ProcessContext } from '../channel/channel'
import { PoolError, TimeoutError } from '../errors'
import {
  checkOption,
  checkOptions,
  matching,
  nested,
  nonEmptyString,
  nonNegativeMs,
  type Rules,
} from '../utils/options'
import { recycleOtherRealms } from './realms'
import type { Pool } from './pool'
import { processPoolRules, threadPoolRules, type PoolOptions, type ProcessPoolOptions } from './pool-options'
import { ProcessPool } from './process-pool'
import { sharedKey } from './shared-key'
import { ThreadPool } from './thread-pool'

const configureRules: Rules<{ thread?: PoolOptions; process?: ProcessPoolOptions }> = {
  thread: nested(threadPoolRules),
  process: nested(processPoolRules),
}
const shutdownRules: Rules<{ timeout?: number }> = { timeout: nonNegativeMs }
const named = new Map<string, Pool>()
/** By kind and context. */
const shared = new Map<string, Pool>()
const defaults: { thread: PoolOptions; process: ProcessPoolOptions } = { thread: {}, process: {} }

/** The pools of this program: the shared ones behind bare decorators, and those that were given a name. */
export const pools = {
  /**
   * Gives a pool a name that decorators can use.
   *
   * @throws {PoolError} another pool that has not ended has that name
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

  /** The pool of that name, or `undefined`. */
  get<P extends Pool = Pool>(name: string): P | undefined {
    return named.get(name) as P | undefined
  },

  /**
   * Sets the options of the shared pools.
   *
   * @throws {TypeError} an unknown option, or one of the wrong type; {@link PoolError} a shared pool of that kind is in
   * use already
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
   * Closes and joins all pools of the registry; the shared ones are made anew by the next call.
   *
   * @param options `timeout`: ms after which what is left is stopped, calls that run included. Default: no limit
   */
  async shutdown(options?: { timeout?: number }): Promise<void> {
    const { timeout } = checkOptions('pools.shutdown()', options, shutdownRules)
    const all = [...named.values(), ...shared.values()]
    named.clear()
    shared.clear()
    for (const pool of all) pool.close()
    await Promise.all(all.map((pool) => end(pool, timeout)))
  },
}

async function end(pool: Pool, timeout: number | undefined): Promise<void> {
  try {
    await pool.join(timeout)
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    pool.stop({ force: true })
    await pool.join()
  }
}

/** The pool behind decorators without `pool`; made by the first call. */
export function sharedPool(kind: 'thread' | 'process', context?: ProcessContext): Pool {
  const key = sharedKey(kind, context)
  const known = shared.get(key)
  if (known && !known.dispatcher.broken) return known
  recycleOtherRealms(() => {
    for (const pool of shared.values()) pool.retire()
  })
  const name = `shared ${kind} pool`
  const pool =
    kind === 'thread'
      ? new ThreadPool({ name, ...defaults.thread })
      : new ProcessPool({ name, ...defaults.process, ...(context && { context }) })
  shared.set(key, pool)
  return pool
}

/** By its shape: a test runner may have evaluated this library twice. */
function isPool(value: unknown): boolean {
  const { kind, schedule } = (value ?? {}) as Partial<Pool>
  return (kind === 'thread' || kind === 'process') && typeof schedule === 'function'
}
