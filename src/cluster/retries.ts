/** The option `retries`. */
import type { RetryCause } from './engine'
import type { Retries } from './queue-call'
import * as rule from '../utils/options'

const CAUSES: readonly RetryCause[] = ['lost', 'expired', 'timeout', 'error']
const DEFAULT: readonly RetryCause[] = ['lost', 'expired']

export const retriesRule = rule.either(
  rule.nonNegativeInteger,
  rule.nested<Retries>(
    {
      attempts: rule.positiveInteger,
      on: rule.arrayOf(rule.oneOf(...CAUSES), `an array of ${CAUSES.map((cause) => `'${cause}'`).join(', ')}`),
      backoff: rule.nonNegativeMs,
    },
    'an object of options',
  ),
)

/** @param given a number of retries, or how often the call may start */
export function retriesOf(given: number | Retries | undefined): Required<Retries> {
  if (typeof given === 'object') return { on: DEFAULT, backoff: 0, ...given }
  const attempts = 1 + (given ?? 0)
  return { attempts, on: attempts === 1 ? [] : DEFAULT, backoff: 0 }
}
