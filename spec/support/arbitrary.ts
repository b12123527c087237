/** Values of every kind that crosses to threads and processes alike. */
import { inspect } from 'node:util'
import fc from 'fast-check'

// `assert` of Node.js 20 holds no invalid date equal to another
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
