import { Injectable } from '@nestjs/common'
import type { QueuePool, QueuePoolStats } from '../cluster/queue-pool'
import { TimeoutError } from '../errors'
import { limitWait } from '../futures/limit-wait'
import type { Pool } from '../pools/pool'
import { pools } from '../pools/registry'
import type { PoolStats } from '../pools/stats'
import { checkOptions, nonEmptyString, positiveMs, type Rules } from '../utils/options'
import { summary } from '../utils/text'

/** Options of {@link PebbleHealthIndicator.isHealthy}. */
export interface PoolHealthOptions {
  /** The name of the pool. Default: the key. */
  pool?: string
  /** How long the oldest call may have waited for a worker, in ms. Default: no limit. */
  maxWait?: number
  /** How long the queue of a queue pool may take to answer, in ms. Default: 1,000. */
  maxAnswer?: number
}

/** What Terminus expects of an indicator. */
export type PoolHealth = Record<string, { readonly status: 'up' | 'down'; readonly [detail: string]: unknown }>

const rules: Rules<PoolHealthOptions> = { pool: nonEmptyString, maxWait: positiveMs, maxAnswer: positiveMs }

/**
 * A health indicator for `@nestjs/terminus`. A pool is down if it does not accept calls, cannot start workers, or lets its
 * oldest call wait longer than `maxWait`; a queue pool, too, if its queue does not answer.
 *
 * @example
 * health.check([() => pebble.isHealthy('reports', { maxWait: 5_000 })])
 */
export class PebbleHealthIndicator {
  /**
   * @param key names the pool in the answer
   * @throws {TypeError} an option is unknown or of the wrong type; {@link RangeError} one is out of range
   */
  isHealthy(key: string, options?: PoolHealthOptions): Promise<PoolHealth> {
    const known = checkOptions('isHealthy()', options, rules)
    return healthOf(known.pool ?? key, known).then((health) => ({ [key]: health }))
  }
}
Injectable()(PebbleHealthIndicator)

async function healthOf(name: string, options: PoolHealthOptions): Promise<PoolHealth[string]> {
  const { maxWait = Infinity, maxAnswer = 1000 } = options
  const pool = pools.get(name)
  if (!pool) return { status: 'down', message: `No pool is registered as '${name}'.` }
  const answer = isQueuePool(pool) && pool.active ? await askQueue(pool, maxAnswer) : undefined
  const { state, workers, running, queued } = pool.stats()
  const waited = Math.round(pool.dispatcher.oldestQueued())
  const message = problemOf(state, waited, maxWait) ?? answer?.problem
  const details = { state, workers, running, queued, oldestQueued: waited, ...answer?.details }
  return message === undefined ? { status: 'up', ...details } : { status: 'down', message, ...details }
}

const isQueuePool = (pool: Pool): pool is QueuePool => 'refresh' in pool

interface Answer {
  readonly problem?: string
  /** Numbers of the whole queue. */
  readonly details?: { readonly queue: QueuePoolStats['queue'] }
}

async function askQueue(pool: QueuePool, maxAnswer: number): Promise<Answer> {
  try {
    const { queue } = await limitWait(pool.refresh(), maxAnswer, undefined, 'the queue')
    return { details: { queue } }
  } catch (error) {
    if (error instanceof TimeoutError) return { problem: `The queue has not answered within ${maxAnswer} ms.` }
    return { problem: `The queue does not answer: ${summary(error)}.` }
  }
}

function problemOf(state: PoolStats['state'], waited: number, maxWait: number): string | undefined {
  if (state !== 'running') return `The pool is ${state}.`
  if (waited <= maxWait) return undefined
  return `The oldest call has waited ${waited} ms for a worker (maxWait: ${maxWait}).`
}
