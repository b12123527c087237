import { host, isForeign } from '../utils/realm'

const LIST = Symbol.for('pebble-ts.realms')

/**
 * Test runners evaluate this library once per test file. Workers of an earlier file hold its modules, and edits made
 * since must not be missed: they end when another file starts its own.
 */
export function recycleOtherRealms(retire: () => void): void {
  if (!isForeign) return
  const list = ((host as unknown as Record<symbol, unknown>)[LIST] ??= new Map()) as Map<object, () => void>
  if (list.has(globalThis)) return
  for (const retireOther of list.values()) retireOther()
  list.clear()
  list.set(globalThis, retire)
}
