import type { Task } from '../pools/pool-options'
import { Queue } from '../queues/queue'
import { registrationOf } from '../registry/registrations'
import * as rule from '../utils/options'

/** A queue of whatever bodies take and give. */
export type Box = Queue<any> // any: `unknown` would refuse queues of something, and results would have to be cast

/** What pools and single workers take. Durations in ms. */
export interface BoxOptions {
  /** Where work comes from: `[fn, args, kwargs]`. Default: a queue of its own. */
  inbox?: Box
  /** Where results go. Default: a queue of its own. */
  outbox?: Box
  /** Where errors go. Default: a queue of its own. */
  errbox?: Box
  /** How long to wait before the start. Of several workers, each waits so much longer than the one before. Default: 0. */
  stagger?: number
  /** Runs once in every worker, before its first work, with `{ name }`; calls get what it returns as `workerData`. */
  workerSetup?: Task
  /** Where the work is done. Default: `'thread'`. */
  kind?: 'thread' | 'process'
}

/** What a {@link WorkerPool} takes. */
export interface WorkerPoolOptions extends BoxOptions {
  /** Ends the names of its workers: `Worker-3-suffix`. */
  suffix?: string
}

/** What a {@link Worker} takes. */
export interface WorkerOptions extends BoxOptions {
  /** `Worker-${name}`. Default: `x`. */
  name?: string
}

/** What a {@link SummoningPool} takes. */
export interface SummoningPoolOptions extends WorkerPoolOptions {
  /** Workers to summon, or to banish, at once. Default: 1. */
  rate?: number
  /** Work in the inbox per worker, above which workers are summoned, and below which they are banished. Default: 10. */
  ratio?: number
  /** How often to look, in ms. Default: 1,000. */
  interval?: number
}

/** The most workers of one pool: each is an object here, with a thread or process of its own once it has work. */
export const MOST_WORKERS = 10_000

export const workerCount = rule.integerUpTo(MOST_WORKERS)

const box = rule.matching('a Queue', (value) => value instanceof Queue)

export const boxRules: rule.Rules<BoxOptions> = {
  inbox: box,
  outbox: box,
  errbox: box,
  stagger: rule.nonNegativeMs,
  workerSetup: rule.matching(
    'a task: task(fn), a wrapped function or a decorated static method',
    (value) => registrationOf(value) !== undefined,
  ),
  kind: rule.oneOf('thread', 'process'),
}

export const poolRules: rule.Rules<WorkerPoolOptions> = { ...boxRules, suffix: rule.nonEmptyString }
export const workerRules: rule.Rules<WorkerOptions> = { ...boxRules, name: rule.nonEmptyString }
export const summoningRules: rule.Rules<SummoningPoolOptions> = {
  ...poolRules,
  rate: rule.positiveInteger,
  ratio: rule.positiveNumber,
  interval: rule.nonNegativeMs,
}
