/** Options of pools and workers with an inbox, an outbox and an errbox. */
import { initializerRule, type Task } from '../pools/pool-options'
import { Queue } from '../queues/queue'
import * as rule from '../utils/options'

/** A queue of the arguments or results of bodies. */
export type Box = Queue<any> // any: with `unknown`, queues of a type would be refused, and results would need a cast

/** Options of both pools and single workers. Durations are in ms. */
export interface BoxOptions {
  /** Where work comes from: `[fn, args, kwargs]`. Default: a new queue. */
  inbox?: Box
  /** Where results go. Default: a new queue. */
  outbox?: Box
  /** Where errors go. Default: a new queue. */
  errbox?: Box
  /** Time in ms before the worker starts. In a pool, each worker starts so much later than the one before. Default: 0. */
  stagger?: number
  /** Runs once in every worker, before its first work, with `{ name }`. Calls get what it returns as `workerData`. */
  workerSetup?: Task
  /** Whether the work runs in threads or in processes. Default: `'thread'`. */
  kind?: 'thread' | 'process'
}

/** Options of a {@link WorkerPool}. */
export interface WorkerPoolOptions extends BoxOptions {
  /** The end of the names of its workers: `Worker-3-suffix`. Default: none. */
  suffix?: string
}

/** Options of a {@link Worker}. */
export interface WorkerOptions extends BoxOptions {
  /** The end of its name: `Worker-${name}`. Default: `x`. */
  name?: string
}

/** Options of a {@link SummoningPool}. */
export interface SummoningPoolOptions extends WorkerPoolOptions {
  /** Number of workers that are summoned, or banished, at once. Default: 1. */
  rate?: number
  /** Items in the inbox per worker above which workers are summoned, and below which they are banished. Default: 10. */
  ratio?: number
  /** Time between two checks in ms. Default: 1,000. */
  interval?: number
}

/** The most workers of one pool. Each is an object here, and gets a thread or process when it has work. */
export const MOST_WORKERS = 10_000

export const workerCount = rule.integerUpTo(MOST_WORKERS)

const box = rule.matching('a Queue', (value) => value instanceof Queue)

const boxRules: rule.Rules<BoxOptions> = {
  inbox: box,
  outbox: box,
  errbox: box,
  stagger: rule.nonNegativeMs,
  workerSetup: initializerRule,
  kind: rule.oneOf('thread', 'process'),
}

export const workerRules: rule.Rules<WorkerOptions> = { ...boxRules, name: rule.nonEmptyString }
export const workerPoolRules: rule.Rules<WorkerPoolOptions> = { ...boxRules, suffix: rule.nonEmptyString }
export const summoningRules: rule.Rules<SummoningPoolOptions> = {
  ...workerPoolRules,
  rate: rule.positiveInteger,
  ratio: rule.positiveNumber,
  interval: rule.nonNegativeMs,
}
