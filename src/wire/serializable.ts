/** The registry of `@serializable` classes, whose instances keep their class, by ids that both sides share. */
import { localName } from '../utils/portable-names'

/** Key of the method that returns the state that is sent for an instance: `[serialize](): State`. */
export const serialize: unique symbol = Symbol.for('pebble-ts.serialize') as never
/** Key of the static method that makes an instance from that state: `static [deserialize](state: State): this`. */
export const deserialize: unique symbol = Symbol.for('pebble-ts.deserialize') as never

export interface SerializableClass {
  readonly id: string
  readonly cls: Function
}

/** The prefix of ids of the library's own classes. They exist in every worker, so no module has to be loaded. */
const BUILT_IN = 'pebble-ts:'

const byPrototype = new WeakMap<object, SerializableClass>()
const byId = new Map<string, { deref(): Function | undefined }>()
const collected = new FinalizationRegistry<string>((id) => {
  if (byId.get(id)?.deref() === undefined) byId.delete(id)
})

/**
 * Makes instances of this class, but not of its subclasses, serializable. A later class with the same id replaces it.
 *
 * @param keep if `false`, the registry does not keep the class alive
 */
export function registerSerializable(id: string, cls: Function, keep = true): void {
  byId.set(id, keep ? { deref: () => cls } : new WeakRef(cls))
  if (!keep) collected.register(cls, id)
  byPrototype.set(cls.prototype as object, { id, cls })
}

export const isBuiltIn = (id: string): boolean => id.startsWith(BUILT_IN)

export function serializableId(cls: Function): string | undefined {
  const entry = byPrototype.get((cls.prototype ?? cls) as object)
  return entry?.cls === cls ? entry.id : undefined
}

export function serializableClass(id: string): Function | undefined {
  return byId.get(localName(id))?.deref()
}

/** The entry of exactly the class of `instance`: an unmarked subclass does not inherit the mark. */
export function serializableOf(instance: object): SerializableClass | undefined {
  const prototype = Object.getPrototypeOf(instance) as object | null
  return prototype === null ? undefined : byPrototype.get(prototype)
}

export interface Hooks {
  readonly serialize: (this: object) => unknown
  readonly deserialize: (state: unknown) => unknown
}

/** The hooks of a class, `undefined` if it has none, or the name of the one that is missing. */
export function hooksOf(cls: Function): Hooks | undefined | '[serialize]' | 'static [deserialize]' {
  const encode = (cls.prototype as Record<symbol, unknown>)[serialize]
  const decode = (cls as unknown as Record<symbol, unknown>)[deserialize]
  if (typeof encode !== 'function') return typeof decode === 'function' ? '[serialize]' : undefined
  if (typeof decode !== 'function') return 'static [deserialize]'
  return { serialize: encode as Hooks['serialize'], deserialize: (state) => decode.call(cls, state) as unknown }
}
