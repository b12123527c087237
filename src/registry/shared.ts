/**
 * State that several copies of the library in one realm share: two evaluations of it after `jest.resetModules()`, or
 * one inlined in a bundle beside the one that runs the worker.
 */
const SHARED = Symbol.for('pebble-ts.shared.1')

export function shared<T>(name: string, create: () => T): T {
  const state = stateOf(globalThis)
  if (!state.has(name)) state.set(name, create())
  return state.get(name) as T
}

function stateOf(realm: object): Map<string, unknown> {
  const found = Reflect.get(realm, SHARED) as Map<string, unknown> | undefined
  if (found !== undefined) return found
  const state = new Map<string, unknown>()
  Reflect.defineProperty(realm, SHARED, { value: state, configurable: true }) // false where the realm is frozen: not shared
  return state
}
