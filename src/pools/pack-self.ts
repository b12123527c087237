import type { Registration } from '../registry/registrations'
import { summary } from '../utils/text'
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
  const left = state === 'snapshot' ? [] : leftOut(names, wanted)
  const fields: Record<string, unknown> = {}
  for (const name of wanted) {
    try {
      fields[name] = (self as Record<string, unknown>)[name]
    } catch (error) {
      left.push([name, `a getter that threw ${summary(error)}`])
    }
  }
  const { packed, absent = [] } = packFields(fields, context)
  return absent.length + left.length === 0 ? packed : { ...packed, absent: [...absent, ...left] }
}

function leftOut(names: readonly string[], wanted: readonly string[]): Array<readonly [string, string]> {
  return names.filter((name) => !wanted.includes(name)).map((name) => [name, 'left out by the option `state`'])
}
