import type { ProcessContext } from '../channel/channel'
import { contextRules } from '../pools/pool-options'
import type { Retries } from '../dispatch/retries'
import type { ProcessPool } from '../pools/process-pool'
import type { CallOptions } from '../pools/registry'
import { limitRules } from '../pools/schedule-options'
import type { RemotePool } from '../pools/registry'
import type { ThreadPool } from '../pools/thread-pool'
import * as rule from '../utils/options'
import type { MemoizeOptions } from './memoize'
import type { Callback, ErrorCallback } from './method-callbacks'

/** The options that `@thread` and `@process` share. */
interface MethodOptions {
  /** The name of its calls in error messages and statistics. Default: the name of the method. */
  name?: string
  /**
   * `false`: the program waits for calls that run in a process even at `process.exit()` and after an uncaught
   * exception. Pending calls keep the program alive either way, and threads always end with it. Default: `true`.
   */
  daemon?: boolean
  /**
   * Limit of running, in ms. A call that takes longer is stopped, together with its worker. The time in which a stream
   * waits for its reader does not count. Default: none.
   */
  timeout?: number
  /** Limit of waiting for a worker, in ms. Default: none. */
  queueTimeout?: number
  /**
   * How often a failed call is tried again; or also for which causes, and after which pause. Streams are not tried again.
   * Default: 0. The body may run several times.
   */
  retries?: number | Retries
  /** Time from the abort of `currentTask().signal` in the body until its worker is stopped, in ms. Default: 0. */
  grace?: number
  /** Called with every result; the default of instances that have no callback of their own. */
  callback?: Callback
  /** Called with every error, likewise. With it, failed calls do not raise `unhandledRejection`. */
  errorCallback?: ErrorCallback
  /** Whether results are remembered, per instance and by the arguments. Default: `false`. */
  memoize?: boolean | MemoizeOptions
  /**
   * The fields of `this` that are sent to the worker: `'snapshot'` (all that can be sent), `'none'`, or those listed.
   * Default: `'snapshot'`.
   */
  state?: 'snapshot' | 'none' | readonly string[]
  /**
   * The module that a worker imports for the method: `import.meta.url`, `__filename`. Default: the one that defines it.
   */
  module?: string | URL
}

/** Options of `@thread`. */
export interface ThreadOptions extends MethodOptions {
  /**
   * The pool that runs the calls, or its name in `pools`, which is looked up at each call. Default: the shared pool of
   * threads.
   */
  pool?: ThreadPool | string
}

/** Options of `@process`. */
export interface ProcessOptions extends MethodOptions {
  /**
   * The pool that runs the calls, or its name in `pools`, which is looked up at each call. Default: the shared pool of
   * processes.
   */
  pool?: ProcessPool | RemotePool | string
  /** How the process is started: executable, arguments, environment, working directory, limits. */
  context?: ProcessContext
}

/** The options of either decorator. */
export interface AnyOptions extends MethodOptions {
  pool?: ThreadPool | ProcessPool | RemotePool | string
  context?: ProcessContext
}

const common: rule.Rules<MethodOptions> = {
  name: rule.nonEmptyString,
  daemon: rule.boolean,
  ...limitRules,
  callback: rule.fn,
  errorCallback: rule.fn,
  memoize: rule.either(
    rule.boolean,
    rule.nested<MemoizeOptions>(
      { maxSize: rule.positiveInteger, ttl: rule.positiveMs, key: rule.fn },
      'an object of options',
    ),
  ),
  state: rule.either(rule.oneOf('snapshot', 'none'), rule.arrayOf(rule.string, 'an array of field names')),
  module: rule.either(rule.nonEmptyString, rule.instance(URL)),
}

/** Checks the shape: after `jest.resetModules()` there are two classes of the same name. */
const pool = (kind: CallOptions['kind'], name: string): rule.Rule =>
  rule.either(
    rule.matching(`a ${name}`, (value) => (value as Partial<ThreadPool | ProcessPool> | null)?.kind === kind),
    rule.matching('the name of one', (value) => typeof value === 'string' && value !== ''),
  )

export const threadRules: rule.Rules<ThreadOptions> = { ...common, pool: pool('thread', 'ThreadPool') }
export const processRules: rule.Rules<ProcessOptions> = {
  ...common,
  pool: pool('process', 'ProcessPool'),
  context: rule.nested(contextRules),
}

/** The settings of all calls of a method. */
export function callOptions(
  kind: CallOptions['kind'],
  flavour: CallOptions['flavour'],
  options: AnyOptions,
): CallOptions {
  const { name, timeout, queueTimeout, grace, retries, context, daemon = true, state = 'snapshot' } = options
  return Object.freeze({
    kind,
    flavour,
    pool: options.pool,
    timeout,
    queueTimeout,
    grace,
    retries,
    daemon,
    state: typeof state === 'string' ? state : Object.freeze([...state]),
    name,
    context,
  })
}
