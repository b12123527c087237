/** The stores of the caller's async context, and the span of the call, restored for a body. */
import {
  attempt,
  contextOf,
  openTelemetry,
  runInContext,
  type Carrier,
  type TraceContext,
} from '../diagnostics/open-telemetry'
import { propagationOf, type Store } from '../registry/propagation'
import type { CallExtra, PackedStore, SymbolEntries } from '../wire/call-batch'
import { symbolOf, type SymbolRef } from '../registry/symbol-refs'
import { unpack } from '../wire/values'

/** @throws what the `deserialize` of `propagate` throws */
export function storesOf({ stores = [], trace }: CallExtra): Store[] {
  return [...unpackStores(stores), ...(trace ? traceStore(trace) : [])]
}

/** The context manager that this worker has registered holds the span as a storage holds its store. */
function traceStore(carrier: Carrier): Store[] {
  const manager = openTelemetry()?.context
  if (!manager) return []
  const run = (context: unknown, fn: () => unknown): unknown => runInContext(manager, context as TraceContext, fn)
  const context = attempt(() => contextOf(carrier, manager))
  return context === undefined ? [] : [[{ storage: { run } }, context]]
}

function unpackStores(stores: readonly PackedStore[]): Store[] {
  return stores.flatMap(([id, data, flags, absent = [], symbols]) => {
    const propagation = propagationOf(id) // undefined if its module does not define it here: nothing can read the store
    if (!propagation) return []
    const value = unpack(data, flags, {})
    for (const [field, description] of absent) defineAbsent(value as object, field, description)
    if (symbols) addSymbols(value as object, symbols)
    return [[propagation, propagation.deserialize ? propagation.deserialize(value) : value] as const]
  })
}

/** What was not sent under a symbol of `Symbol.for` is left out silently: code that prints a store reads some of them. */
function addSymbols(store: object, { keys, data, flags, absent }: SymbolEntries): void {
  const values = unpack(data, flags, {}) as Record<string, unknown>
  const descriptions = new Map(absent.map(([index, description]) => [Number(index), description]))
  for (const [index, ref] of keys.entries()) {
    const key = symbolOf(ref as SymbolRef)
    const description = descriptions.get(index)
    if (key === undefined) continue
    if (description !== undefined) {
      if (!(store instanceof Map) && typeof ref !== 'string') defineAbsent(store, key, description)
    } else if (store instanceof Map) store.set(key, values[index])
    else (store as Record<symbol, unknown>)[key] = values[index]
  }
}

function defineAbsent(store: object, field: string | symbol, description: string): void {
  const get = (): never => {
    throw new TypeError(
      `\`${String(field)}\` of the propagated store is not available in a worker: it is ${description} and cannot be sent. ` +
        'Give propagate() a `serialize` and a `deserialize`, or keep it out of the body.',
    )
  }
  Object.defineProperty(store, field, { get, enumerable: false, configurable: true })
}
