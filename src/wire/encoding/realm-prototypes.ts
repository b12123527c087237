/**
 * In a `node:vm` context, such as Jest's sandbox, values that arrive were made in the host's realm. Its `Array`, `Map`
 * and `Error` are different classes, so `instanceof` fails (https://github.com/jestjs/jest/issues/2549). This replaces
 * the prototypes of such objects by those of the current realm, in place.
 */
import { types } from 'node:util'
import { host } from '../../utils/realm'

const NAMES = [
  'Object Array Map Set Date RegExp Number String Boolean BigInt ArrayBuffer SharedArrayBuffer DataView',
  'Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float16Array Float32Array',
  'Float64Array BigInt64Array BigUint64Array Error AggregateError EvalError RangeError ReferenceError SyntaxError',
  'TypeError URIError DOMException Blob URL',
]
  .join(' ')
  .split(' ')

let prototypes: Map<object, object> | undefined

/** Gives `value`, which just arrived from a channel, and all objects in it the prototypes of this realm. */
export function adoptPrototypes<T>(value: T, table: Map<object, object> = (prototypes ??= prototypesOfHost())): T {
  const seen = new Set<object>()
  const pending: unknown[] = [value]
  while (pending.length > 0) {
    const next = pending.pop()
    if (typeof next !== 'object' || next === null || seen.has(next)) continue
    seen.add(next)
    const local = table.get(Object.getPrototypeOf(next) as object)
    if (local) Object.setPrototypeOf(next, local)
    queueChildren(next, pending)
  }
  return value
}

function queueChildren(value: object, pending: unknown[]): void {
  if (ArrayBuffer.isView(value)) return
  if (types.isMap(value)) Map.prototype.forEach.call(value, (item: unknown, key: unknown) => pending.push(key, item))
  else if (types.isSet(value)) Set.prototype.forEach.call(value, (item: unknown) => pending.push(item))
  else if (types.isNativeError(value)) for (const key of Object.getOwnPropertyNames(value)) queue(value, key, pending)
  else for (const key of Object.keys(value)) queue(value, key, pending)
}

function queue(holder: object, key: string, pending: unknown[]): void {
  const child = (holder as Record<string, unknown>)[key]
  if (typeof child === 'object' && child !== null) pending.push(child)
}

/** Maps the prototypes of `from` to those of `to`, where they differ. */
export function prototypesOfHost(from: object = host, to: object = globalThis): Map<object, object> {
  const table = new Map<object, object>()
  for (const name of NAMES) {
    const theirs = prototypeOf(from, name)
    const ours = prototypeOf(to, name)
    if (theirs && ours && theirs !== ours) table.set(theirs, ours)
  }
  return table
}

function prototypeOf(realm: object, name: string): object | undefined {
  const cls: unknown = (realm as Record<string, unknown>)[name]
  return typeof cls === 'function' ? (cls.prototype as object) : undefined
}
