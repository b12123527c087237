import type { Registration } from '../registry/registrations'
import { packFields } from '../wire/fields'
import { serialize } from '../wire/serializable'
import { pack, PLAIN, type PackContext, type Packed } from '../wire/values'

/** Which fields of `this` go to the worker. */
export type StateOption = 'snapshot' | 'none' | readonly string[]

export interface PackedSelf extends Partial<Packed> {
  readonly custom?: boolean
  readonly absent?: ReadonlyArray<readonly [field: string, description: string]>
}

const NO_STATE: PackedSelf = Object.freeze({ data: undefined, flags: PLAIN })

/**
 * Packs a snapshot of an instance's own fields; those that cannot cross are listed as absent, and why.
 *
 * @throws what the class's own `[serialize]` throws
 */
export function packSelf(
  registration: Registration,
  self: unknown,
  state: StateOption,
  context: PackContext,
): PackedSelf {
  if (registration.key.holder !== 'instance' || typeof self !== 'object' || self === null) return NO_STATE
  const own = (self as Record<symbol, unknown>)[serialize]
  if (typeof own === 'function') return { ...pack(Reflect.apply(own, self, []), context), custom: true }
  const names = Object.keys(self)
  if (names.length === 0) return NO_STATE
  const wanted = state === 'snapshot' ? names : names.filter((name) => state !== 'none' && state.includes(name))
  const fields: Record<string, unknown> = {}
  for (const name of wanted) fields[name] = (self as Record<string, unknown>)[name]
  const { packed, absent = [] } = packFields(fields, context)
  const left = state === 'snapshot' ? [] : leftOut(names, wanted)
  return absent.length + left.length === 0 ? packed : { ...packed, absent: [...absent, ...left] }
}

function leftOut(names: readonly string[], wanted: readonly string[]): Array<readonly [string, string]> {
  return names.filter((name) => !wanted.includes(name)).map((name) => [name, 'left out by the option `state`'])
}
