/** Values of all kinds that can be sent to both threads and processes. */
import { inspect } from 'node:util'
import fc from 'fast-check'

// for `assert` of Node.js 20, two invalid dates are never equal
const isComparable = (value: unknown): boolean => !inspect(value, { depth: Infinity }).includes('Invalid Date')

export const anything = fc
  .anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
    withTypedArray: true,
    maxDepth: 5,
  })
  .filter(isComparable)
