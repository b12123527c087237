/** Names symbols, so that a worker finds its own. */
import { exportOf, findExport } from './exported-values'

/** The key of a symbol of `Symbol.for`, or the file and the name by which a CommonJS module exports it. */
export type SymbolRef = string | readonly [file: string, name: string]

/** Symbols that have been looked for. `null`: nothing exports it. */
const known = new WeakMap<object, SymbolRef | null>()

/** `undefined`: a worker could not find the symbol. */
export function symbolRefOf(symbol: symbol): SymbolRef | undefined {
  return Symbol.keyFor(symbol) ?? exportRef(symbol) ?? undefined
}

/** The symbol of this thread; `undefined` if its module is not loaded here. */
export function symbolOf(ref: SymbolRef): symbol | undefined {
  if (typeof ref === 'string') return Symbol.for(ref)
  const value = exportOf(...ref)
  return typeof value === 'symbol' ? value : undefined
}

function exportRef(symbol: symbol): SymbolRef | null {
  const key = symbol as unknown as object // a symbol that is not of `Symbol.for` can be held weakly
  const found = known.get(key)
  if (found !== undefined) return found
  const { file, name } = findExport(symbol) ?? {}
  const ref = file === undefined || name === undefined ? null : ([file, name] as const)
  known.set(key, ref)
  return ref
}
