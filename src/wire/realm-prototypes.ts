/**
 * Inside a `node:vm` context (Jest's sandbox), what arrives was made in the realm around it, where `Array`, `Map` and
 * `Error` are others: `instanceof` fails. Here such objects get the prototypes of this realm, in place.
 */
import { types } from 'node:util'
import { host } from '../utils/realm'

const NAMES = [
  'Object Array Map Set Date RegExp Number String Boolean BigInt ArrayBuffer SharedArrayBuffer DataView',
  'Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float16Array Float32Array',
  'Float64Array BigInt64Array BigUint64Array Error AggregateError EvalError RangeError ReferenceError SyntaxError',
  'TypeError URIError DOMException Blob URL',
]
  .join(' ')
  .split(' ')

let prototypes: Map<object, object> | undefined

/** Gives `value`, fresh from a channel, and everything in it the prototypes of this realm. */
export function adoptPrototypes<T>(value: T, table: Map<object, object> = (prototypes ??= prototypesOfHost())): T {
  const seen = new Set<object>()
  const waiting: unknown[] = [value]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (typeof next !== 'object' || next === null || seen.has(next)) continue
    seen.add(next)
    const local = table.get(Object.getPrototypeOf(next) as object)
    if (local) Object.setPrototypeOf(next, local)
    queueChildren(next, waiting)
  }
  return value
}

function queueChildren(value: object, waiting: unknown[]): void {
  if (ArrayBuffer.isView(value)) return
  if (types.isMap(value)) Map.prototype.forEach.call(value, (item: unknown, key: unknown) => waiting.push(key, item))
  else if (types.isSet(value)) Set.prototype.forEach.call(value, (item: unknown) => waiting.push(item))
  else if (types.isNativeError(value)) for (const key of Object.getOwnPropertyNames(value)) queue(value, key, waiting)
  else for (const key of Object.keys(value)) queue(value, key, waiting)
}

function queue(holder: object, key: string, waiting: unknown[]): void {
  const child = (holder as Record<string, unknown>)[key]
  if (typeof child === 'object' && child !== null) waiting.push(child)
}

/** The prototypes of `from` that are others in `to`. */
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
