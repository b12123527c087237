/** How deep functions are searched in exports: an export, and the properties of an export. */
const DEPTH = 2

/** The functions that a module exports, directly or as properties of its exports. */
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

/** Getters of `exports` are re-exports and are read. Other getters are the user's code and are not called. */
function valuesOf(value: unknown): unknown[] {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return []
  try {
    return Object.entries(Object.getOwnPropertyDescriptors(value))
      .filter(([name]) => name !== 'prototype')
      .map(([name, descriptor]) => readProperty(value, name, descriptor))
  } catch {
    return [] // a proxy with traps, or an export in its temporal dead zone
  }
}

function readProperty(holder: object, name: string, { get, value }: PropertyDescriptor): unknown {
  if (get === undefined) return value
  return Reflect.get(holder, '__esModule') === true ? Reflect.get(holder, name) : undefined
}
