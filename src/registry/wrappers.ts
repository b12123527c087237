/** Functions of ours that stand over a method and run it: `@synchronized` does, on either side of `@thread`. */
import { shared } from './shared'

const inner = shared('wrappers', () => new WeakMap<object, Function>())

/** Says that `outer` runs `fn`. */
export function registerWrapper(outer: Function, fn: Function): void {
  inner.set(outer, fn)
}

/** Whether `value` is `wrapper`, or stands over it. */
export function isWrapperOf(value: unknown, wrapper: Function): boolean {
  for (let fn = value; typeof fn === 'function'; fn = inner.get(fn)) if (fn === wrapper) return true
  return false
}

/** The text that tells a function from others: those of ours are all alike, but for what they stand over. */
export function textOf(fn: Function): string {
  const under = inner.get(fn)
  return under === undefined ? Function.prototype.toString.call(fn) : `over ${textOf(under)}`
}
