/** Packs the stores of the caller's async context for a worker (`propagate`). */
import { storesHere, type Propagation } from '../registry/propagation'
import { symbolRefOf, type SymbolRef } from '../registry/symbol-refs'
import { kindOf } from '../wire/encoding/value-kinds'
import { packFields } from '../wire/fields'
import type { PackedStore, SymbolEntries } from '../wire/call-batch'
import { pack, type PackContext, type Packed } from '../wire/values'

export interface PackedStores {
  readonly stores: readonly PackedStore[]
  /** The modules to import, and the classes to load, before the stores are unpacked. */
  readonly classes: readonly string[]
  /** Objects that are sent by id only. */
  readonly keepAlive: readonly object[] | undefined
}

/**
 * The stores of this context; `undefined` if there are none.
 *
 * @throws {SerializationError} a store cannot be sent; what the `serialize` of `propagate` throws
 */
export function packStores(call: Pick<PackContext, 'kind' | 'of' | 'far'>): PackedStores | undefined {
  const found = storesHere()
  if (found.length === 0) return undefined
  const context: PackContext = { root: 'context', ...call }
  const classes: string[] = []
  const stores = found.map(([propagation, store]): PackedStore => {
    const { packed, absent, symbols } = packStore(propagation, store, context)
    classes.push(propagation.id, ...(packed.classes ?? []), ...(symbols?.classes ?? []))
    return [propagation.id, packed.data, packed.flags, absent, symbols?.entries]
  })
  return { stores, classes, keepAlive: context.keepAlive }
}

interface Result {
  readonly packed: Packed
  /** Names of what was left out of a plain object. */
  readonly absent?: PackedStore[3]
  readonly symbols?: PackedSymbols
}

interface PackedSymbols {
  readonly entries: SymbolEntries
  readonly classes: Packed['classes']
}

function packStore({ serialize }: Propagation, store: unknown, context: PackContext): Result {
  if (serialize) return { packed: pack(serialize(store), context) }
  if (store instanceof Map) return packMap([...(store as Map<unknown, unknown>)], context)
  if (!isPlain(store)) return { packed: pack(store, context) }
  const symbols = packSymbols(symbolEntries(store), context)
  const { packed, absent } = packFields(Object.fromEntries(Object.entries(store)), context)
  return { packed, absent: absent.length === 0 ? undefined : absent, symbols }
}

function packMap(entries: ReadonlyArray<[unknown, unknown]>, context: PackContext): Result {
  const isSymbol = (entry: [unknown, unknown]): entry is [symbol, unknown] => typeof entry[0] === 'symbol'
  const others = entries.filter((entry) => !isSymbol(entry) && isSendable(entry[1], context))
  return { packed: pack(new Map(others), context), symbols: packSymbols(entries.filter(isSymbol), context) }
}

function isSendable(value: unknown, context: PackContext): boolean {
  return packFields({ value }, context).absent.length === 0
}

function symbolEntries(store: Record<PropertyKey, unknown>): Array<[symbol, unknown]> {
  const symbols = Object.getOwnPropertySymbols(store)
  if (symbols.length === 0) return []
  const isEnumerable = (symbol: symbol): boolean => Object.prototype.propertyIsEnumerable.call(store, symbol)
  return symbols.filter(isEnumerable).map((symbol) => [symbol, store[symbol]])
}

/**
 * Packs the entries whose symbols a worker can find. They follow the rules of fields of `this`: frameworks keep their
 * requests and services under symbols, and an instance of a class is left out without a look at what it refers to.
 */
function packSymbols(entries: ReadonlyArray<[symbol, unknown]>, context: PackContext): PackedSymbols | undefined {
  const keys: SymbolRef[] = []
  const fields: Record<string, unknown> = {}
  for (const [symbol, value] of entries) {
    const key = symbolRefOf(symbol)
    if (key !== undefined) fields[keys.push(key) - 1] = value
  }
  if (keys.length === 0) return undefined
  const strict: PackContext = { ...context, strict: true }
  const { packed, absent } = packFields(fields, strict)
  if (strict.keepAlive) context.keepAlive = strict.keepAlive
  return { entries: { keys, data: packed.data, flags: packed.flags, absent }, classes: packed.classes }
}

function isPlain(store: unknown): store is Record<PropertyKey, unknown> {
  return typeof store === 'object' && store !== null && kindOf(store).encoding === 'plain'
}
