import type { Kind } from '../support/setup'
import { describeLarge } from './pool-large'
import { describeLife } from './pool-life'
import { describeLimits } from './pool-limits'
import { describeMap } from './pool-map'
import { describeNested } from './pool-nested'
import { describeSchedule } from './pool-schedule'
import { describeStart } from './pool-start'
import { describeWorkers } from './pool-workers'

// The behaviour of pools, written once for both kinds, in three parts that run side by side.

export function describeCalls(kind: Kind): void {
  describe(`pools (${kind})`, () => {
    describeSchedule(kind)
    describeLimits(kind)
    describe('the start of workers', () => describeStart(kind))
  })
}

export function describeLives(kind: Kind): void {
  describe(`pools (${kind})`, () => {
    describe('the life of workers', () => describeWorkers(kind))
    describe('the life of pools', () => describeLife(kind))
    describe('nesting', () => describeNested(kind))
  })
}

export function describeMaps(kind: Kind): void {
  describe(`pools (${kind})`, () => {
    describe('map', () => describeMap(kind))
    describe('large data', () => describeLarge(kind))
  })
}
