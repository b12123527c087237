/** Tells arrays that hold items only from those with holes, or with properties that are not items. */
import { inspect } from 'node:util'

const SPARSE_FROM = 4096
/** From this length on, listing the keys takes longer than copying the array. */
const LARGE = 10_000

/** Whether `keys`, the own keys of an array, are its indexes only. Indexes come first, in ascending order. */
export function isDense(items: readonly unknown[], keys: readonly string[]): boolean {
  const { length } = items
  return keys.length === length && (length === 0 || keys[length - 1] === String(length - 1))
}

/** Samples 64 indexes: an array that is mostly holes must not be read index by index. */
export function isSparse(items: readonly unknown[]): boolean {
  if (items.length < SPARSE_FROM) return false
  let holes = 0
  for (let i = 0; i < 64; i++) if (!(Math.floor((i * items.length) / 64) in items)) holes++
  return holes > 32
}

/** Whether an array can be read index by index. May be `false` for a large array that is only of a subclass. */
export function hasItemsOnly(items: readonly unknown[]): boolean {
  return items.length < LARGE ? isDense(items, Object.keys(items)) : !isSparse(items) && !hasNamed(items)
}

/** `inspect` finds the named properties of an array without listing its indexes. */
function hasNamed(items: readonly unknown[]): boolean {
  const text = inspect(items, { maxArrayLength: 0, depth: 0, customInspect: false, showProxy: true })
  return !/^\[ \.\.\. \d+ more items? \]$/.test(text)
}
