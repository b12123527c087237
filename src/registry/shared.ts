/**
 * State that several copies of the library in one realm share: two evaluations of it after `jest.resetModules()`, one
 * that a dependency brings, or one inlined in a bundle beside the one that runs the worker.
 */

/**
 * Copies with the same number share their state, and the later ones give out the exports of the first. Raise it when an
 * entry point gets or loses an export, or when the shape of shared state or of messages changes.
 */
export const PROTOCOL = 1

/** State of the copies of this protocol. */
export function shared<T>(name: string, create: () => T): T {
  return stateOf(`pebble-ts.shared.${PROTOCOL}`, name, create)
}

/** State of all copies, whatever their protocol. Its shape is fixed: add to it, change nothing. */
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
  Reflect.defineProperty(globalThis, key, { value: state, configurable: true }) // false where the realm is frozen: not shared
  return state
}
