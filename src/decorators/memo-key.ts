/**
 * The default key of `memoize`: a text that is the same for equal arguments.
 *
 * - Compared by value: primitives, arrays, plain objects (in any order of their keys), `Date`, `RegExp`,
 *   `URL`, buffers, typed arrays, `Map` and `Set` (in their order).
 * - Compared by identity: everything else, such as functions, symbols, sparse arrays, instances of other classes and of
 *   subclasses of those above, and instances of those above that have properties of their own.
 */
import { crypto } from '../utils/lazy'

const identities = new WeakMap<WeakKey, number>()
let lastIdentity = 0

/** An array with up to this many holes is compared by value, even if the holes outnumber its items. */
const SMALL_GAPS = 1024

export function memoKey(args: readonly unknown[]): string {
  return listKey(args, [])
}

/** Each kind of value starts differently, and strings are quoted, so different values never give the same text. */
function keyOf(value: unknown, parents: readonly object[]): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
      return `${value}n`
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'object':
      return value === null ? 'null' : objectKey(value, parents)
    default:
      return identityOf(value as WeakKey)
  }
}

function objectKey(value: object, parents: readonly object[]): string {
  const depth = parents.indexOf(value)
  if (depth >= 0) return `^${depth}` // a cycle
  const inside = [...parents, value]
  switch (tagOf(value)) {
    case 'Array':
      return isOwn(value, 'Array') && isList(value as unknown[])
        ? listKey(value as unknown[], inside)
        : identityOf(value)
    case 'Object':
      return isPlain(value) ? `{${entriesKey(Object.entries(value).sort(byName), inside)}}` : identityOf(value)
    case 'Map':
      return isBare(value, 'Map')
        ? `Map(${entriesKey([...(value as Map<unknown, unknown>)], inside)})`
        : identityOf(value)
    case 'Set':
      return isBare(value, 'Set') ? `Set${listKey([...(value as Set<unknown>)], inside)}` : identityOf(value)
    case 'Date':
      return isBare(value, 'Date') ? `Date(${(value as Date).getTime()})` : identityOf(value)
    case 'RegExp':
      return isBare(value, 'RegExp') ? `/${(value as RegExp).source}/${(value as RegExp).flags}` : identityOf(value)
    case 'URL':
      return isBare(value, 'URL') ? `URL(${JSON.stringify((value as URL).href)})` : identityOf(value)
    default:
      return bytesKey(value) ?? identityOf(value)
  }
}

function listKey(values: readonly unknown[], parents: readonly object[]): string {
  return `[${Array.from(values, (value) => keyOf(value, parents)).join()}]`
}

function entriesKey(entries: ReadonlyArray<readonly [unknown, unknown]>, parents: readonly object[]): string {
  return entries.map(([key, value]) => `${keyOf(key, parents)}:${keyOf(value, parents)}`).join()
}

function bytesKey(value: object): string | undefined {
  const bytes = ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : tagOf(value) === 'ArrayBuffer'
      ? new Uint8Array(value as ArrayBuffer)
      : undefined
  return bytes && `${tagOf(value)}(${crypto().createHash('sha256').update(bytes).digest('base64')})`
}

function identityOf(value: WeakKey): string {
  if (typeof value === 'symbol' && Symbol.keyFor(value) !== undefined)
    return `@for(${JSON.stringify(value.description)})`
  let identity = identities.get(value)
  if (identity === undefined) identities.set(value, (identity = ++lastIdentity))
  return `#${identity}`
}

/** `Map` of `[object Map]`. It is the same in every realm. */
function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1)
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/**
 * Whether `value` is an instance of the built-in class and not of a subclass, whose instances may hold more than their
 * entries. In every realm the prototype of a built-in class is directly below that of `Object`.
 */
function isOwn(value: object, name: string): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null
  const above = prototype && (Object.getPrototypeOf(prototype) as object | null)
  return !!above && Object.getPrototypeOf(above) === null && prototype.constructor.name === name
}

/** The same, and without properties of its own. */
function isBare(value: object, name: string): boolean {
  return isOwn(value, name) && Object.keys(value).length === 0
}

/**
 * Whether the array has no properties but its items, and no huge gaps: the key would spell out each hole. Indexes come
 * first among the keys, so the last key decides.
 */
function isList(values: readonly unknown[]): boolean {
  const names = Object.keys(values)
  const last = names.at(-1)
  const holes = values.length - names.length
  if (holes > Math.max(names.length, SMALL_GAPS)) return false
  return last === undefined || (String(Number(last) >>> 0) === last && Number(last) < values.length)
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1
}
