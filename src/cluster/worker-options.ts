/** Options of {@link QueueWorker}. */
import type { ProcessPool } from '../pools/process-pool'
import * as rule from '../utils/options'
import { commonRules, queueRule, type ConnectionOption } from './queue-options'
import type { SecretOption } from './secrets'

/** Durations are in ms. */
export interface QueueWorkerOptions {
  /** As that of the callers. */
  connection: ConnectionOption
  /** The files whose methods and tasks it runs: paths, relative to `root`, or URLs. */
  modules: ReadonlyArray<string | URL>
  /** Files and folders that calls may name, relative to `root`. Default: the folders of `modules`. */
  allow?: readonly string[]
  /** How many bodies run at the same time. Default: `os.availableParallelism()`. */
  processes?: number
  /** A pool of your own, instead of one with `processes` workers. It is not closed with the worker. */
  pool?: ProcessPool
  /** The keys of the callers. Default: the environment variable `PEBBLE_SECRET`; without that, a `TypeError`. */
  secret?: SecretOption
  /** After this time without a sign of life, the calls of this machine count as lost. At least 5,000. Default: 15,000. */
  lease?: number
  /** At most `max` calls start in `per` ms, over all workers of the queue. Default: no limit. */
  rateLimit?: { readonly max: number; readonly per: number }
  /** How long `close()` waits for running bodies. Default: 30,000. */
  drain?: number
  /** Calls taken ahead of free processes. They count as started: if the machine is lost, so are they. Default: 0. */
  prefetch?: number
  /** The folder that names of modules are relative to. Default: as for `QueuePool`. */
  root?: string | URL
}

export const queuesRule = rule.matching(
  `${queueRule.expected}, or an array of such names, each of them once`,
  (value) => {
    const names = value as readonly unknown[]
    return (
      names.length > 0 && new Set(names).size === names.length && names.every((name) => queueRule.judge(name) === 'ok')
    )
  },
)

export const queueWorkerRules: rule.Rules<QueueWorkerOptions> = {
  ...commonRules,
  modules: rule.arrayOf(rule.either(rule.nonEmptyString, rule.instance(URL)), 'an array of paths or URLs'),
  allow: rule.arrayOf(rule.nonEmptyString, 'an array of paths'),
  processes: rule.positiveInteger,
  pool: rule.matching('a ProcessPool', (value) => (value as Partial<ProcessPool> | null)?.kind === 'process'),
  rateLimit: rule.nested({ max: rule.positiveInteger, per: rule.positiveMs }, 'an object of `max` and `per`'),
  drain: rule.nonNegativeMs,
  prefetch: rule.nonNegativeInteger,
}
