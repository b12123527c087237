/** The stores of the caller's async context, and the span of the call, restored for a body. */
import { contextOf, openTelemetry, type Carrier, type TraceContext } from '../diagnostics/open-telemetry'
import { propagationOf, type Store } from '../registry/propagation'
import type { AbsentField, CallExtra, PackedStore } from '../wire/messages'
import { unpack } from '../wire/values'

/** @throws what the `deserialize` of `propagate` throws */
export function storesOf({ stores = [], trace }: CallExtra): Store[] {
  return [...unpackStores(stores), ...(trace ? traceStore(trace) : [])]
}

/** The context manager that this worker has registered holds the span as a storage holds its store. */
function traceStore(carrier: Carrier): Store[] {
  const manager = openTelemetry()?.context
  if (!manager) return []
  const run = (context: unknown, fn: () => unknown): unknown => manager.with(context as TraceContext, fn)
  return [[{ storage: { run } }, contextOf(carrier, manager)]]
}

function unpackStores(stores: readonly PackedStore[]): Store[] {
  return stores.flatMap(([id, data, flags, absent]) => {
    const propagation = propagationOf(id) // undefined if its module does not define it here: nothing can read the store
    if (!propagation) return []
    const value = unpack(data, flags, {})
    for (const field of absent ?? []) defineAbsent(value as object, field)
    return [[propagation, propagation.deserialize ? propagation.deserialize(value) : value] as const]
  })
}

function defineAbsent(store: object, [field, description]: AbsentField): void {
  const get = (): never => {
    throw new TypeError(
      `\`${field}\` of the propagated store is not available in a worker: it is ${description} and cannot be sent. ` +
        'Give propagate() a `serialize` and a `deserialize`, or keep it out of the body.',
    )
  }
  Object.defineProperty(store, field, { get, enumerable: false, configurable: true })
}
