/** What a pool is made of, and how pools of this program's own workers get it. */
import { availableParallelism } from 'node:os'
import { openChannel } from '../channel/open-channel'
import type { PoolDispatcher } from '../dispatch/pool-dispatcher'
import { Dispatcher } from '../dispatch/dispatcher'
import { checkOptions, type Rules } from '../utils/options'
import { EagerCalls } from './eager'
import { poolHints } from './option-hints'
import type { ProcessPoolOptions } from './pool-options'
import { workerSettings } from './worker-settings'

export interface PoolParts {
  readonly kind: 'thread' | 'process'
  readonly name: string
  /** How many workers it has at most. A map sends chunks ahead for that many. */
  readonly maxWorkers: number
  /** How many bodies run at the same time. */
  readonly parallel: number
  /** How many calls may wait; `Infinity`: no limit. */
  readonly maxQueue: number
  readonly eagerCalls: EagerCalls
  readonly dispatcher: PoolDispatcher
}

/**
 * The parts of a pool of threads or processes of this program.
 *
 * @throws {TypeError} an option is unknown or of the wrong type; {@link RangeError} an option is out of range;
 * {@link SerializationError} one of `initArgs` cannot be sent; {@link PoolError} pools are nested too deeply
 */
export function localParts(
  kind: 'thread' | 'process',
  given: ProcessPoolOptions | undefined,
  rules: Rules<ProcessPoolOptions>,
): PoolParts {
  const options = checkOptions(`new ${kind === 'thread' ? 'ThreadPool' : 'ProcessPool'}()`, given, rules, poolHints)
  const { concurrency, initializer, channelOptions } = workerSettings(kind, options)
  const { maxWorkers = availableParallelism(), maxQueue = Infinity, name = `${kind} pool` } = options
  const dispatcher = new Dispatcher({
    name,
    maxWorkers,
    maxTasks: options.maxTasks ?? 0,
    idleTimeout: options.idleTimeout ?? Infinity,
    startTimeout: options.initTimeout ?? Infinity,
    initializer,
    concurrency,
    open: (listener) => openChannel(kind, listener, channelOptions),
  })
  return {
    kind,
    name,
    maxWorkers,
    parallel: maxWorkers * concurrency,
    maxQueue: options.whenFull === 'wait' ? Infinity : maxQueue,
    eagerCalls: new EagerCalls(kind, options),
    dispatcher,
  }
}
