/** Instances of `@serializable` classes: what the class says of itself by its hooks, else its own enumerable fields. */
import { types } from 'node:util'
import type { Kind } from './kinds'
import { MARK, put, type FieldsMarker, type StateMarker } from './markers'
import * as say from './refusals'
import { hooksOf, isBuiltIn, serializableClass, type Hooks, type SerializableClass } from './serializable'
import { DROP } from './stops'
import type { Walk } from './walk'

type Encoded = FieldsMarker | StateMarker | typeof DROP

/** `encodeBase` encodes the instance as the built-in that its class extends. */
export function encodeInstance(
  value: object,
  kind: Kind,
  { id, cls }: SerializableClass,
  walk: Walk,
  encodeBase: () => unknown,
): Encoded {
  const hooks = hooksOf(cls)
  if (typeof hooks === 'string') return walk.refuse(say.halfHooks(cls.name, hooks), say.HOOKS)
  if (isBuiltIn(id)) (walk.context.kept ??= []).push(value)
  else addClass(id, walk)
  return hooks ? encodeState(value, id, hooks, walk) : encodeFields(value, kind, id, walk, encodeBase)
}

export function addClass(id: string, walk: Walk): void {
  walk.classes ??= new Set()
  walk.classes.add(id)
}

function encodeState(value: object, id: string, hooks: Hooks, walk: Walk): Encoded {
  const state = stateOf(value, hooks, walk)
  if (state === DROP) return DROP
  const marker: StateMarker = { [MARK]: 'state', id, state }
  return walk.mark(value, marker)
}

/** The encoded state. It cannot hold the instance itself: that does not exist before its state. */
export function stateOf(value: object, hooks: Hooks, walk: Walk): unknown {
  if (walk.open.has(value)) return walk.refuse(say.ownState(say.classOf(value)), say.OTHER_STATE)
  const states = (walk.context.states ??= new Map<object, unknown>())
  try {
    if (!states.has(value)) states.set(value, hooks.serialize.call(value))
  } catch (error) {
    return walk.refuse(say.serializeThrew(say.classOf(value), error), '', error)
  }
  walk.open.add(value)
  try {
    walk.enter(value)
    walk.at({ text: '[serialize]()' })
    const encoded = walk.encode(states.get(value))
    walk.leave()
    return encoded
  } finally {
    walk.open.delete(value)
  }
}

function encodeFields(value: object, kind: Kind, id: string, walk: Walk, encodeBase: () => unknown): Encoded {
  const marker: FieldsMarker = { [MARK]: 'fields', id, fields: {} }
  if (kind.how !== 'data') {
    const base = encodeBase()
    if (base === DROP) return DROP
    marker.base = base
  }
  walk.mark(value, marker)
  if (hasNamedFieldsOnly(value, kind)) marker.fields = walk.encodeFields(value)
  return marker
}

function hasNamedFieldsOnly(value: object, kind: Kind): boolean {
  return kind.how !== 'array' && kind.how !== 'view' && !types.isBoxedPrimitive(value)
}

/** An empty instance of the class, or the built-in made one of it. Runs no constructor. */
export function shellOf(id: string, base: object | undefined): object {
  const prototype = classOf(id).prototype as object
  return base === undefined ? (Object.create(prototype) as object) : (Object.setPrototypeOf(base, prototype) as object)
}

export function fill(shell: object, fields: object): void {
  for (const [key, value] of Object.entries(fields)) put(shell, key, value)
}

export function fromState(id: string, state: unknown): unknown {
  const cls = classOf(id)
  const hooks = hooksOf(cls)
  if (hooks === undefined || typeof hooks === 'string') throw say.noDeserialize(cls.name)
  try {
    return hooks.deserialize(state)
  } catch (error) {
    throw say.deserializeThrew(cls.name, error)
  }
}

function classOf(id: string): Function {
  const cls = serializableClass(id)
  if (cls === undefined) throw say.classNotFound(id)
  return cls
}
