/** Packs the stores of the caller's async context for a worker (`propagate`). */
import { storesHere, type Propagation } from '../registry/propagation'
import { kindOf } from '../wire/encoding/value-kinds'
import { packFields } from '../wire/fields'
import type { PackedStore } from '../wire/messages'
import { pack, type PackContext, type Packed } from '../wire/values'

export interface PackedStores {
  readonly stores: readonly PackedStore[]
  /** The modules to import, and the classes to load, before the stores are unpacked. */
  readonly classes: readonly string[]
  /** Objects that are sent by id only. */
  readonly kept: readonly object[] | undefined
}

/**
 * The stores of this context; `undefined` if there are none.
 *
 * @param of the name of the call in messages
 * @throws {SerializationError} a store cannot be sent; what the `serialize` of `propagate` throws
 */
export function packStores(kind: 'thread' | 'process', of: string): PackedStores | undefined {
  const found = storesHere()
  if (found.length === 0) return undefined
  const context: PackContext = { root: 'context', of, kind }
  const classes: string[] = []
  const stores = found.map(([propagation, store]): PackedStore => {
    const { packed, absent } = packStore(propagation, store, context)
    classes.push(propagation.id, ...(packed.classes ?? []))
    return [propagation.id, packed.data, packed.flags, absent]
  })
  return { stores, classes, kept: context.kept }
}

interface Result {
  readonly packed: Packed
  /** Names of what was left out of a plain object. */
  readonly absent?: PackedStore[3]
}

function packStore({ serialize }: Propagation, store: unknown, context: PackContext): Result {
  if (serialize) return { packed: pack(serialize(store), context) }
  if (store instanceof Map) return { packed: pack(new Map(sendableEntries(store, context)), context) }
  if (!isPlain(store)) return { packed: pack(store, context) }
  const { packed, absent } = packFields({ ...store }, context)
  return absent.length === 0 ? { packed } : { packed, absent }
}

function sendableEntries(store: ReadonlyMap<unknown, unknown>, context: PackContext): Array<[unknown, unknown]> {
  return [...store].filter(([, value]) => packFields({ value }, context).absent.length === 0)
}

function isPlain(store: unknown): store is Record<string, unknown> {
  return typeof store === 'object' && store !== null && kindOf(store).encoding === 'plain'
}
