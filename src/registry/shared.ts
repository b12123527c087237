/**
 * State that all copies of the library in one realm share. There may be several copies after `jest.resetModules()`, if
 * a dependency brings its own, or if a bundle contains one besides the one that runs the worker.
 */

/**
 * Copies with the same number share their state, and later ones return the exports of the first. Raise it when an entry
 * point gains or loses an export, or when the shape of shared state or of messages changes.
 */
export const PROTOCOL = 2

/** State that the copies of this protocol share. */
export function shared<T>(name: string, create: () => T): T {
  return stateOf(`pebble-ts.shared.${PROTOCOL}`, name, create)
}

/** State that all copies share, whatever their protocol. Members may be added to its shape, but never changed. */
export function sharedByAll<T>(name: string, create: () => T): T {
  return stateOf('pebble-ts.shared', name, create)
}

function stateOf<T>(key: string, name: string, create: () => T): T {
  const state = tableOf(Symbol.for(key))
  if (!state.has(name)) state.set(name, create())
  return state.get(name) as T
}

function tableOf(key: symbol): Map<string, unknown> {
  const found = Reflect.get(globalThis, key) as Map<string, unknown> | undefined
  if (found !== undefined) return found
  const state = new Map<string, unknown>()
  Reflect.defineProperty(globalThis, key, { value: state, configurable: true }) // in a frozen realm it fails: not shared
  return state
}
