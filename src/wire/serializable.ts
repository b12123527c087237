/** Classes whose instances keep their class across the boundary, by an id that is the same on both sides. */

/** Key of the method that returns what an instance sends of itself: `[serialize](): State`. */
export const serialize: unique symbol = Symbol.for('pebble-ts.serialize') as never
/** Key of the static method that makes an instance of it again: `static [deserialize](state: State): this`. */
export const deserialize: unique symbol = Symbol.for('pebble-ts.deserialize') as never

export interface SerializableClass {
  readonly id: string
  readonly cls: Function
}

/** Ids of the library's own classes begin with it: they are there in every worker, and no module has to be loaded. */
const BUILT_IN = 'pebble-ts:'

const byPrototype = new WeakMap<object, SerializableClass>()
const byId = new Map<string, { deref(): Function | undefined }>()
const collected = new FinalizationRegistry<string>((id) => {
  if (byId.get(id)?.deref() === undefined) byId.delete(id)
})

/**
 * Makes instances of exactly this class (of no subclass) serializable. A later class of the same id takes its place.
 *
 * @param keep `false`: only as long as somebody else holds the class
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
  return byId.get(id)?.deref()
}

/** The entry of the class that made `instance`; a subclass that is not marked is not its parent. */
export function serializableOf(instance: object): SerializableClass | undefined {
  const prototype = Object.getPrototypeOf(instance) as object | null
  return prototype === null ? undefined : byPrototype.get(prototype)
}

export interface Hooks {
  readonly serialize: (this: object) => unknown
  readonly deserialize: (state: unknown) => unknown
}

/** The class's own say about its state: both hooks, neither, or the name of the one that is missing. */
export function hooksOf(cls: Function): Hooks | undefined | '[serialize]' | 'static [deserialize]' {
  const out = (cls.prototype as Record<symbol, unknown>)[serialize]
  const back = (cls as unknown as Record<symbol, unknown>)[deserialize]
  if (typeof out !== 'function') return typeof back === 'function' ? '[serialize]' : undefined
  if (typeof back !== 'function') return 'static [deserialize]'
  return { serialize: out as Hooks['serialize'], deserialize: (state) => back.call(cls, state) as unknown }
}
