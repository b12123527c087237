/**
 * The real clocks and timers, bound when this module loads. Fake timers of a test replace the functions of
 * `globalThis`, of `process` and of `node:timers`. If they were looked up later, a fake would stop every limit of the
 * library. No other file may use these functions of Node.js (`spec/structure/clocks.spec.ts`).
 */
import * as timers from 'node:timers'
import { host } from './realm'

export const setTimeout = real('setTimeout', timers)
export const clearTimeout = real('clearTimeout', timers)
export const setImmediate = real('setImmediate', timers)
export const clearImmediate = real('clearImmediate', timers)

// The sandbox of a test runner has its own `process` and `Date`, which may have fake clocks.
export const hrtime = real('hrtime', host.process)
export const nextTick = real('nextTick', host.process)

/** ms on the machine's monotonic clock, which is the same in all threads and processes. */
export function monotonic(): number {
  const [seconds, nanoseconds] = hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}

/** The clock of `performance.now()`: ms since this thread started. Its module takes 1.5 ms to load. */
export const sinceStart = (): number => host.process.getBuiltinModule('node:perf_hooks').performance.now()

/** ms since 1970. */
export const dateNow: () => number = host.Date.now

/**
 * The function of Node.js. If a fake has replaced it already, the original that the fake keeps
 * (`@sinonjs/fake-timers`). If it keeps none, a function that looks it up at each call, so that it is the real one
 * again after the test.
 */
function real<T, K extends keyof T & string>(name: K, holder: T): T[K] {
  type Fn = (...args: unknown[]) => unknown
  const found = holder[name] as Fn & { readonly clock?: Readonly<Record<string, unknown>> }
  const kept = found.clock?.[`_${name}`]
  if (typeof kept === 'function') return kept as T[K]
  const late: Fn = (...args) => (holder[name] as Fn)(...args)
  return (found.name === name ? found : late) as T[K]
}
