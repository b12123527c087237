import { Injectable } from '@nestjs/common'
import { pools } from '../pools/registry'
import type { PoolStats } from '../pools/stats'
import { checkOptions, nonEmptyString, positiveMs, type Rules } from '../utils/options'

/** Options of {@link PebbleHealthIndicator.isHealthy}. */
export interface PoolHealthOptions {
  /** The name of the pool. Default: the key. */
  pool?: string
  /** How long the oldest call may have waited for a worker, in ms. Default: no limit. */
  maxWait?: number
}

/** What Terminus expects of an indicator. */
export type PoolHealth = Record<string, { readonly status: 'up' | 'down'; readonly [detail: string]: unknown }>

const rules: Rules<PoolHealthOptions> = { pool: nonEmptyString, maxWait: positiveMs }

/**
 * A health indicator for `@nestjs/terminus`. A pool is down if it does not accept calls, cannot start workers, or lets its
 * oldest call wait longer than `maxWait`.
 *
 * @example
 * health.check([() => pebble.isHealthy('reports', { maxWait: 5_000 })])
 */
export class PebbleHealthIndicator {
  /**
   * @param key names the pool in the answer
   * @throws {TypeError} an option is unknown or of the wrong type; {@link RangeError} one is out of range
   */
  isHealthy(key: string, options?: PoolHealthOptions): PoolHealth {
    const { pool: name = key, maxWait = Infinity } = checkOptions('isHealthy()', options, rules)
    const pool = pools.get(name)
    if (!pool) return { [key]: { status: 'down', message: `No pool is registered as '${name}'.` } }
    const { state, workers, running, queued } = pool.stats()
    const waited = Math.round(pool.dispatcher.oldestQueued())
    const message = problemOf(state, waited, maxWait)
    const details = { state, workers, running, queued, oldestQueued: waited }
    return { [key]: message === undefined ? { status: 'up', ...details } : { status: 'down', message, ...details } }
  }
}
Injectable()(PebbleHealthIndicator)

function problemOf(state: PoolStats['state'], waited: number, maxWait: number): string | undefined {
  if (state !== 'running') return `The pool is ${state}.`
  if (waited <= maxWait) return undefined
  return `The oldest call has waited ${waited} ms for a worker (maxWait: ${maxWait}).`
}
