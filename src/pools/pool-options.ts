/** Options of pools. */
import type { ProcessContext, ResourceLimits } from '../channel/channel'
import { registrationOf } from '../registry/registrations'
import * as rule from '../utils/options'

export type AnyFunction = (...args: any[]) => unknown // any: functions of every signature are schedulable

/** A function that pools can run: `task(fn)`, a function wrapped by `thread`/`process`, or a decorated method. */
export type Task = AnyFunction

/** Options of both kinds of pool. Durations are in ms, memory is in bytes unless the name says MB. */
export interface PoolOptions {
  /** The most workers. Workers start as they are needed. Default: `os.availableParallelism()`. Pebble's `max_workers`. */
  maxWorkers?: number
  /** Number of calls after which a worker is replaced by a fresh one. Default: 0, never. Pebble's `max_tasks`. */
  maxTasks?: number
  /** Runs in every worker before its first call. If it throws, the pool is broken. Default: none. Pebble's `initializer`. */
  initializer?: Task
  /** Arguments of the initializer. Default: none. Pebble's `initargs`. */
  initArgs?: unknown[]
  /** Limit for the start of a worker in ms, the initializer included. If it passes, the pool is broken. Default: no limit. */
  initTimeout?: number
  /** Name of the pool in messages and statistics. Default: `thread pool` or `process pool`. */
  name?: string
  /** The most calls that wait for a worker. Default: no limit. */
  maxQueue?: number
  /**
   * What happens to a call that finds the queue full: `'reject'` rejects its future with `PoolError`, `'wait'` queues it
   * all the same. Default: `'reject'`.
   */
  whenFull?: 'reject' | 'wait'
  /**
   * Number of bodies that run in one worker at the same time. For asynchronous bodies; if the worker ends, all of them
   * end. A worker has at most 512 calls. Default: 1.
   */
  concurrency?: number
  /** Time in ms after which a worker without calls ends; spare workers included. Default: never. */
  idleTimeout?: number
  /** Limits of V8 in each worker, in MB. Default: those of V8. */
  resourceLimits?: ResourceLimits
  /**
   * Memory in bytes above which a worker is replaced between calls: the heap of a thread, the resident set of a process.
   * Default: no limit.
   */
  maxMemory?: number
}

/** Options of a {@link ProcessPool}. */
export interface ProcessPoolOptions extends PoolOptions {
  /** How the processes are started: program, arguments, environment, folder, limits. Default: as this process. */
  context?: ProcessContext
}

/** Upper bounds in MB: V8 ends the whole program if it is asked for much more. */
const MOST_MEMORY = 2 ** 20
const MOST_STACK = 2 ** 10

const resourceLimitRules: rule.Rules<ResourceLimits> = {
  maxOldGenerationSizeMb: rule.positiveUpTo(MOST_MEMORY),
  maxYoungGenerationSizeMb: rule.positiveUpTo(MOST_MEMORY),
  codeRangeSizeMb: rule.positiveUpTo(MOST_MEMORY),
  stackSizeMb: rule.positiveUpTo(MOST_STACK),
}

export const contextRules: rule.Rules<ProcessContext> = {
  execPath: rule.nonEmptyString,
  execArgv: rule.arrayOf(rule.string, 'an array of strings'),
  env: rule.matching('an object of strings', (value) => typeof value === 'object' && value !== null),
  cwd: rule.nonEmptyString,
  resourceLimits: rule.nested(resourceLimitRules),
  nice: rule.integerBetween(-20, 19),
}

/** A function that workers call before their first task. */
export const initializerRule = rule.matching(
  'a task: task(fn), a wrapped function or a decorated static method',
  (value) => registrationOf(value) !== undefined,
)

const unlimited = rule.matching('Infinity', (value) => value === Infinity)

export const threadPoolRules: rule.Rules<PoolOptions> = {
  maxWorkers: rule.positiveInteger,
  maxTasks: rule.nonNegativeInteger,
  initializer: initializerRule,
  initArgs: rule.arrayOf(rule.anything, 'an array'),
  initTimeout: rule.positiveMs,
  name: rule.nonEmptyString,
  maxQueue: rule.either(rule.nonNegativeInteger, unlimited),
  whenFull: rule.oneOf('reject', 'wait'),
  concurrency: rule.positiveInteger,
  idleTimeout: rule.positiveMs,
  resourceLimits: rule.nested(resourceLimitRules),
  maxMemory: rule.positiveNumber,
}

export const processPoolRules: rule.Rules<ProcessPoolOptions> = {
  ...threadPoolRules,
  context: rule.nested(contextRules),
}
