/**
 * The real clocks and timers, bound when this module loads. Fake timers of a test replace those of the globals, of
 * `process` and of `node:timers`: read late, they would stop every limit of the library. No other file may use these
 * functions of Node (`spec/structure/clocks.spec.ts`).
 */
import { performance } from 'node:perf_hooks'
import * as timers from 'node:timers'
import { host } from './realm'

export const setTimeout = real('setTimeout', timers)
export const clearTimeout = real('clearTimeout', timers)
export const setImmediate = real('setImmediate', timers)
export const clearImmediate = real('clearImmediate', timers)

// A test runner's sandbox has a `process` and a `Date` of its own, with fake clocks where its settings say so.
export const hrtime = real('hrtime', host.process)
export const nextTick = real('nextTick', host.process)

/** ms since this thread started. */
export const now: () => number = performance.now.bind(performance)

/** ms since 1970. */
export const dateNow: () => number = host.Date.now

/**
 * Node's own function. Where a fake stands in its place already: what the fake keeps of it (`@sinonjs/fake-timers`), else
 * whatever stands there at each call, which is Node's own again after the test.
 */
function real<T, K extends keyof T & string>(name: K, holder: T): T[K] {
  type Fn = (...args: unknown[]) => unknown
  const found = holder[name] as Fn & { readonly clock?: Readonly<Record<string, unknown>> }
  const kept = found.clock?.[`_${name}`]
  if (typeof kept === 'function') return kept as T[K]
  const late: Fn = (...args) => (holder[name] as Fn)(...args)
  return (found.name === name ? found : late) as T[K]
}
