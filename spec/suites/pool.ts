import type { Kind } from '../support/setup'
import { describeLimits } from './pool-limits'
import { describeSchedule } from './pool-schedule'

/** The behaviour of pools, once for all kinds. */
export function describePool(kind: Kind): void {
  describe(`pools (${kind})`, () => {
    describeSchedule(kind)
    describeLimits(kind)
  })
}
