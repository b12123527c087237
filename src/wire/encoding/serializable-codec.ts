/** Instances of `@serializable` classes: the state that their hooks return, else their own enumerable fields. */
import { types } from 'node:util'
import { hooksOf, isBuiltIn, serializableClass, type Hooks, type SerializableClass } from '../serializable'
import { OMITTED, type Encoder } from './encoder'
import { MARK, put, type FieldsMarker, type StateMarker } from './markers'
import * as say from './refusals'
import type { ValueKind } from './value-kinds'

type EncodedInstance = FieldsMarker | StateMarker | typeof OMITTED

export function encodeInstance(
  value: object,
  kind: ValueKind,
  { id, cls }: SerializableClass,
  encoder: Encoder,
): EncodedInstance {
  const hooks = hooksOf(cls)
  if (typeof hooks === 'string') return encoder.refuse(say.halfHooks(cls.name, hooks), say.HOOKS)
  if (!isBuiltIn(id)) addClass(id, encoder)
  else if (encoder.context.far) return encoder.refuse(say.ofThisProgram(cls.name), say.USE_A_SERVER)
  else (encoder.context.keepAlive ??= []).push(value)
  const name = encoder.name(id)
  return hooks ? encodeState(value, name, hooks, encoder) : encodeFields(value, kind, name, encoder)
}

/** Adds a class to those that the receiver loads before it unpacks. */
export function addClass(id: string, encoder: Encoder): void {
  encoder.classes ??= new Set()
  encoder.classes.add(encoder.name(id))
}

function encodeState(value: object, id: string, hooks: Hooks, encoder: Encoder): EncodedInstance {
  const state = stateOf(value, hooks, encoder)
  if (state === OMITTED) return OMITTED
  const marker: StateMarker = { [MARK]: 'state', id, state }
  return encoder.mark(value, marker)
}

/** The encoded state. It cannot contain the instance, which does not exist before its state is decoded. */
export function stateOf(value: object, hooks: Hooks, encoder: Encoder): unknown {
  if (encoder.open.has(value)) return encoder.refuse(say.ownState(say.classOf(value)), say.OTHER_STATE)
  const states = (encoder.context.states ??= new Map<object, unknown>())
  try {
    if (!states.has(value)) states.set(value, hooks.serialize.call(value))
  } catch (error) {
    return encoder.refuse(say.serializeThrew(say.classOf(value), error), '', error)
  }
  encoder.open.add(value)
  try {
    encoder.enter(value)
    encoder.at({ text: '[serialize]()' })
    const encoded = encoder.encode(states.get(value))
    encoder.leave()
    return encoded
  } finally {
    encoder.open.delete(value)
  }
}

function encodeFields(value: object, kind: ValueKind, id: string, encoder: Encoder): EncodedInstance {
  const marker: FieldsMarker = { [MARK]: 'fields', id, fields: {} }
  if (kind.encoding !== 'data') {
    const base = encoder.encodeBuiltIn(value, kind)
    if (base === OMITTED) return OMITTED
    marker.base = base
  }
  encoder.mark(value, marker)
  if (hasNamedFieldsOnly(value, kind)) marker.fields = encoder.encodeFields(value)
  return marker
}

function hasNamedFieldsOnly(value: object, kind: ValueKind): boolean {
  return kind.encoding !== 'array' && kind.encoding !== 'view' && !types.isBoxedPrimitive(value)
}

/** An instance of the class without fields, made from `base` if the class extends a built-in. Runs no constructor. */
export function emptyInstance(id: string, base: object | undefined): object {
  const prototype = classOf(id).prototype as object
  return base === undefined ? (Object.create(prototype) as object) : (Object.setPrototypeOf(base, prototype) as object)
}

export function fillInstance(instance: object, fields: object): void {
  for (const [key, value] of Object.entries(fields)) put(instance, key, value)
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
