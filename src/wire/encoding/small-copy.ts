/**
 * The fast path of packing: copies a few plain objects and arrays, and gives up on anything else. The result is what
 * the encoder would return, several times faster.
 */
import { types } from 'node:util'
import { isMarkedForTransfer } from '../transfer'
import { isDense } from './arrays'
import { isPrimitive } from './markers'

/** Returned if the value needs the encoder. */
export const NOT_SMALL = Symbol('not small')

const MAX_OBJECTS = 12
const MAX_VALUES = 200

// The objects of the current value and their copies. The arrays are reused, so that a call allocates neither.
const originals: object[] = []
const copies: object[] = []
let values = 0
let busy = false

export function copySmall(value: object): unknown {
  if (busy) return NOT_SMALL // called by a getter of the value that is being copied
  busy = true
  values = 0
  try {
    return copy(value)
  } catch {
    return NOT_SMALL // a getter threw
  } finally {
    originals.length = 0
    copies.length = 0
    busy = false
  }
}

function copy(value: object): unknown {
  const known = originals.indexOf(value)
  if (known !== -1) return copies[known]
  if (originals.length === MAX_OBJECTS || types.isProxy(value) || isMarkedForTransfer(value)) return NOT_SMALL
  const prototype = Object.getPrototypeOf(value) as object | null
  if (prototype === Object.prototype || prototype === null) return copyFields(value)
  return prototype === Array.prototype && Array.isArray(value) ? copyItems(value) : NOT_SMALL
}

function copyFields(value: object): unknown {
  const fields: Record<string, unknown> = { ...value }
  originals.push(value)
  copies.push(fields)
  const keys = Object.keys(fields)
  if ((values += keys.length) > MAX_VALUES) return NOT_SMALL
  for (const key of keys) {
    const field = fields[key]
    if (isPrimitive(field)) continue
    if (typeof field !== 'object' || key === '__proto__') return NOT_SMALL
    const copied = copy(field as object)
    if (copied === NOT_SMALL) return NOT_SMALL
    fields[key] = copied
  }
  return fields
}

function copyItems(value: unknown[]): unknown {
  const { length } = value
  if ((values += length) > MAX_VALUES || !isDense(value, Object.keys(value))) return NOT_SMALL
  const items: unknown[] = []
  originals.push(value)
  copies.push(items)
  for (let i = 0; i < length; i++) {
    const item = value[i]
    if (isPrimitive(item)) items.push(item)
    else {
      if (typeof item !== 'object') return NOT_SMALL
      const copied = copy(item as object)
      if (copied === NOT_SMALL) return NOT_SMALL
      items.push(copied)
    }
  }
  return items
}
