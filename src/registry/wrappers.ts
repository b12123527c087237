/** Our functions that wrap a method and run it: those of `@synchronized`, which may be above or below `@thread`. */
import { createHash } from 'node:crypto'
import { shared } from './shared'

const inner = shared('wrappers', () => new WeakMap<object, Function>())

/** Records that `outer` wraps `fn`. */
export function registerWrapper(outer: Function, fn: Function): void {
  inner.set(outer, fn)
}

/** Whether `value` is `wrapper`, or wraps it. */
export function isWrapperOf(value: unknown, wrapper: Function): boolean {
  for (let fn = value; typeof fn === 'function'; fn = inner.get(fn)) if (fn === wrapper) return true
  return false
}

/** A hash of the text of a function. Our wrappers all have the same text, so the function that they wrap counts. */
export function hashOf(fn: Function): string {
  return createHash('sha256').update(textOf(fn)).digest('base64url').slice(0, 16)
}

function textOf(fn: Function): string {
  const wrapped = inner.get(fn)
  return wrapped === undefined ? Function.prototype.toString.call(fn) : `over ${textOf(wrapped)}`
}
