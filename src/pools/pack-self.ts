import { SerializationError } from '../errors'
import type { Registration } from '../registry/registrations'
import { isPrimitive } from '../wire/markers'
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
export function packSelf(registration: Registration, self: unknown, state: StateOption, context: PackContext): PackedSelf {
  if (registration.key.holder !== 'instance' || typeof self !== 'object' || self === null) return NO_STATE
  const own = (self as Record<symbol, unknown>)[serialize]
  if (typeof own === 'function') return { ...pack(Reflect.apply(own, self, []), context), custom: true }
  const names = Object.keys(self)
  if (names.length === 0) return NO_STATE
  return packFields(self as Record<string, unknown>, names, state, context)
}

function packFields(self: Record<string, unknown>, names: string[], state: StateOption, context: PackContext): PackedSelf {
  const fields: Record<string, unknown> = {}
  const absent: Array<readonly [string, string]> = []
  let simple = true
  for (const name of names) {
    if (state !== 'snapshot' && !(state !== 'none' && state.includes(name))) {
      absent.push([name, 'left out by the option `state`'])
      continue
    }
    const value = self[name]
    if (isPrimitive(value)) fields[name] = value
    else if (isService(value)) absent.push([name, describe(value)])
    else {
      fields[name] = value
      simple = false
    }
  }
  const packed = simple ? { data: fields, flags: PLAIN } : packCrossing(fields, absent, context)
  return absent.length > 0 ? { ...packed, absent } : packed
}

/** Packs what can cross; a field in which something cannot is moved to `absent`. */
function packCrossing(fields: Record<string, unknown>, absent: Array<readonly [string, string]>, context: PackContext): Packed {
  for (;;) {
    try {
      return pack(fields, context)
    } catch (error) {
      const name = error instanceof SerializationError ? fieldOf(error.path, fields) : undefined
      if (name === undefined) throw error
      absent.push([name, describe(fields[name])])
      delete fields[name]
    }
  }
}

function fieldOf(path: string, fields: Record<string, unknown>): string | undefined {
  return Object.keys(fields)
    .filter(name => path.startsWith(`this.${name}`) || path.startsWith(`this[${JSON.stringify(name)}]`))
    .sort((a, b) => b.length - a.length)[0]
}

/** What an instance typically holds that is no data: an injected service. Known at a glance, without trying to pack it. */
function isService(value: unknown): boolean {
  return typeof value === 'function'
}

function describe(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'symbol') return 'a symbol'
  const name = className(value)
  return name === '' || name === 'Object' || name === 'Array' ? 'an object that holds something that cannot be cloned' : `an instance of ${name}`
}

function className(value: unknown): string {
  try {
    const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null
    const name = prototype?.constructor?.name
    return typeof name === 'string' ? name : ''
  } catch {
    return ''
  }
}
