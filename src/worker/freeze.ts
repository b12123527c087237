/** Freezes the snapshot of `this` deeply, because what a body writes there would be lost. */
import { types } from 'node:util'

/**
 * Freezes the plain objects and arrays among the fields, and those in Maps, Sets and errors. Maps, Sets, dates and bytes
 * themselves cannot be frozen. Instances of classes, errors among them, are not frozen, because their methods may write
 * to them.
 *
 * @param fields just unpacked: nothing else refers to the objects in it
 */
export function freezeFields(fields: object): void {
  let waiting: unknown[] | undefined
  for (const value of Object.values(fields))
    if (typeof value === 'object' && value !== null) (waiting ??= []).push(value)
  if (waiting) freezeAll(waiting)
}

function freezeAll(waiting: unknown[]): void {
  const seen = new Set<object>()
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (typeof next !== 'object' || next === null || seen.has(next)) continue
    seen.add(next)
    if (types.isMap(next)) Map.prototype.forEach.call(next, (value: unknown, key: unknown) => waiting.push(key, value))
    else if (types.isSet(next)) Set.prototype.forEach.call(next, (item: unknown) => waiting.push(item))
    else if (types.isNativeError(next)) waiting.push(...(Object.values(next) as unknown[]), next.cause)
    else if (isPlain(next)) {
      for (const value of Object.values(next)) if (typeof value === 'object' && value !== null) waiting.push(value)
      Object.freeze(next)
    }
  }
}

function isPlain(object: object): boolean {
  const prototype = Object.getPrototypeOf(object) as object | null
  return prototype === Object.prototype || prototype === null || prototype === Array.prototype
}
