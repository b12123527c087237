/** What a worker does when it is told to stop: it closes what outlives single calls, such as connections. */
import { shared } from './shared'

const hooks = shared('stop-hooks', () => new Set<() => unknown>())

/**
 * Runs `hook` when the parent retires this worker. A worker that is killed runs no hooks, and one that does not end in
 * time is killed.
 */
export function beforeStop(hook: () => unknown): void {
  hooks.add(hook)
}

/** Disposes of a value when the worker stops, if it can be disposed of. Returns the value. */
export function disposeAtStop<T>(value: T): T {
  const { [Symbol.asyncDispose]: later, [Symbol.dispose]: now } = Object(value) as Record<symbol, unknown>
  const dispose = later ?? now
  if (typeof dispose === 'function') beforeStop(() => Reflect.apply(dispose, value, []) as unknown)
  return value
}

/** Runs all hooks. Their errors are reported as warnings, because no call is left that could fail. */
export async function runStopHooks(): Promise<void> {
  const outcomes = await Promise.allSettled([...hooks].map((hook) => Promise.resolve().then(hook)))
  hooks.clear()
  for (const outcome of outcomes) if (outcome.status === 'rejected') process.emitWarning(outcome.reason as Error)
}
