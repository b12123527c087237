/** The functions that a module shows: its exports, and the properties of those. */
const DEPTH = 2

export function* exportedFunctions(exports: unknown): Generator<Function> {
  const seen = new Set<unknown>()
  let level = [exports]
  for (let depth = 0; depth <= DEPTH; depth++) {
    const next: unknown[] = []
    for (const value of level) {
      if (seen.has(value)) continue
      seen.add(value)
      if (typeof value === 'function') yield value
      if (depth < DEPTH) next.push(...valuesOf(value))
    }
    level = next
  }
}

/** Getters of a module's exports are its re-exports; deeper ones are the user's, and are left alone. */
function valuesOf(value: unknown): unknown[] {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return []
  try {
    return Object.entries(Object.getOwnPropertyDescriptors(value))
      .filter(([name]) => name !== 'prototype')
      .map(([name, descriptor]) => readOf(value, name, descriptor))
  } catch {
    return [] // a proxy with traps of its own, or an export in its dead zone
  }
}

function readOf(holder: object, name: string, { get, value }: PropertyDescriptor): unknown {
  if (get === undefined) return value
  return Reflect.get(holder, '__esModule') === true ? Reflect.get(holder, name) : undefined
}
