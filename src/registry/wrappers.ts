/** Our functions that wrap a method and run it: those of `@synchronized`, which may be above or below `@thread`. */
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

/**
 * A hash of the text of a function. Our wrappers all have the same text, so the function that they wrap counts.
 *
 * It is FNV-1a, of 32 bits, with the length. That tells the methods of a module apart, and `node:crypto` would delay the
 * first result by some ms, in the program and in each worker.
 */
export function hashOf(fn: Function): string {
  const text = textOf(fn)
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return `${(hash >>> 0).toString(36)}.${text.length}`
}

function textOf(fn: Function): string {
  const wrapped = inner.get(fn)
  return wrapped === undefined ? Function.prototype.toString.call(fn) : `over ${textOf(wrapped)}`
}
