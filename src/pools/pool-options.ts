import type { ProcessContext, ResourceLimits } from '../channel/channel'
import { registrationOf } from '../registry/registrations'
import * as rule from '../utils/options'

export type AnyFunction = (...args: any[]) => unknown // any: functions of every signature are schedulable

/** A function that pools can run: `task(fn)`, a function wrapped by `thread`/`process`, or a decorated method. */
export type Task = AnyFunction

/** What both kinds of pool take; durations in ms, memory in bytes unless its name says MB. */
export interface PoolOptions {
  /** Workers at the most. They start as they are needed. Default: `os.availableParallelism()`. Pebble's `max_workers`. */
  maxWorkers?: number
  /** Calls after which a worker is replaced by a fresh one. Default: 0, never. Pebble's `max_tasks`. */
  maxTasks?: number
  /** Runs in every worker before its first call; one that throws breaks the pool. Pebble's `initializer`. */
  initializer?: Task
  /** Arguments of the initializer. Pebble's `initargs`. */
  initArgs?: unknown[]
  /** How long a worker may take to start, the initializer included; one that takes longer breaks the pool. Default: no limit. */
  initTimeout?: number
  /** For messages and statistics. */
  name?: string
  /** Calls that may wait for a worker; default: no limit. */
  maxQueue?: number
  /** What becomes of a call that finds the queue full: its future rejects with `PoolError`, or it waits all the same. Default: `'reject'`. */
  whenFull?: 'reject' | 'wait'
  /** Bodies that run in one worker at once, for asynchronous bodies; they end with it. A worker has at most 512 calls. Default: 1. */
  concurrency?: number
  /** ms without a call after which a worker ends, a spare one as well. Default: never. */
  idleTimeout?: number
  /** Limits of V8 in each worker. */
  resourceLimits?: ResourceLimits
  /** A worker that uses more bytes is replaced between calls: heap of threads, resident set of processes. Default: no limit. */
  maxMemory?: number
}

/** What a {@link ProcessPool} takes. */
export interface ProcessPoolOptions extends PoolOptions {
  /** How the processes are started. */
  context?: ProcessContext
}

/** V8 ends the whole program where it is asked for much more than this, in MB. */
const MOST_MEMORY = 2 ** 20
const MOST_STACK = 2 ** 10

export const limitRules: rule.Rules<ResourceLimits> = {
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
  resourceLimits: rule.nested(limitRules),
}

const unlimited = rule.matching('Infinity', (value) => value === Infinity)

export const threadPoolRules: rule.Rules<PoolOptions> = {
  maxWorkers: rule.positiveInteger,
  maxTasks: rule.nonNegativeInteger,
  initializer: rule.matching('a task: task(fn), a wrapped function or a decorated static method', isTask),
  initArgs: rule.arrayOf(rule.anything, 'an array'),
  initTimeout: rule.positiveMs,
  name: rule.nonEmptyString,
  maxQueue: rule.either(rule.nonNegativeInteger, unlimited),
  whenFull: rule.oneOf('reject', 'wait'),
  concurrency: rule.positiveInteger,
  idleTimeout: rule.positiveMs,
  resourceLimits: rule.nested(limitRules),
  maxMemory: rule.positiveNumber,
}

export const processPoolRules: rule.Rules<ProcessPoolOptions> = {
  ...threadPoolRules,
  context: rule.nested(contextRules),
}

function isTask(value: unknown): boolean {
  return registrationOf(value) !== undefined
}
