/** Names symbols, so that a worker finds its own. */
import { loadedModules } from '../utils/location'
import { exportOf, findExport } from './exported-values'

/** The key of a symbol of `Symbol.for`, or the file and the name by which a CommonJS module exports it. */
export type SymbolRef = string | readonly [file: string, name: string]

/** Symbols that have been found, or how many modules were loaded when one was not found. */
const known = new WeakMap<object, SymbolRef | number>()
/** Fruitless searches since the last module was loaded. Programs may make symbols for each request. */
let fruitless = { modules: 0, count: 0 }
const MOST_FRUITLESS = 100

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
  if (typeof found === 'object' || typeof found === 'string') return found
  const modules = Object.keys(loadedModules()).length
  if (fruitless.modules !== modules) fruitless = { modules, count: 0 }
  if (found === modules || fruitless.count >= MOST_FRUITLESS) return null
  const { file, name } = findExport(symbol) ?? {}
  if (file === undefined || name === undefined) {
    fruitless.count += 1
    known.set(key, modules)
    return null
  }
  const ref = [file, name] as const
  known.set(key, ref)
  return ref
}
