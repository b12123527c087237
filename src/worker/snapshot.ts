/** Makes the `this` of a body: a frozen snapshot of the caller's instance, or the class itself for statics. */
import { FieldMissing, type FieldLookup } from '../registry/field-sources'
import { labelOf, type MethodKey } from '../registry/keys'
import { classNameOf } from '../registry/registrations'
import type { AbsentField } from '../wire/call-batch'
import { deserialize } from '../wire/serializable'
import { freezeFields } from './freeze'
import { ownLogger } from './own-logger'
import type { Resolved } from './resolve'

/** One frozen instance per prototype, for all calls whose `this` has no state. */
const empty = new WeakMap<object, object>()

/** What this worker has for the fields of `this` that could not be sent. */
export interface AbsentFields {
  readonly absent: readonly AbsentField[]
  /** Finds the values in this worker's own instance of the class. */
  readonly lookup: FieldLookup | undefined
}

/** What the parent has sent of `this`. */
export interface SelfState extends Partial<AbsentFields> {
  /** The fields that could be sent, or what `[serialize]()` returned. */
  readonly state: unknown
  /** `state` is for the class's own `[deserialize]`. */
  readonly custom: boolean
  readonly key: MethodKey
}

/** Makes the body's `this`: the class itself, or a frozen snapshot of the caller's instance. */
export function reviveSelf(resolved: Resolved, self: SelfState): unknown {
  if (resolved.target) return resolved.target
  const prototype = resolved.prototype
  if (!prototype) return undefined
  if (self.custom) return deserializeSelf(prototype, self)
  if (self.state === undefined && !self.absent) return emptyOf(prototype)
  const instance = { __proto__: prototype, ...(self.state as object) } as object
  freezeFields(instance)
  for (const field of self.absent ?? []) defineAbsent(instance, field, self)
  return Object.freeze(instance)
}

function emptyOf(prototype: object): object {
  let instance = empty.get(prototype)
  if (!instance) empty.set(prototype, (instance = Object.freeze(Object.create(prototype) as object)))
  return instance
}

function deserializeSelf(prototype: object, self: SelfState): unknown {
  const cls = prototype.constructor as unknown as Record<symbol, unknown>
  const revive = cls[deserialize]
  if (typeof revive === 'function') return Reflect.apply(revive, cls, [self.state])
  throw new TypeError(
    `${prototype.constructor.name} has a [serialize]() but no static [deserialize](state): ${labelOf(self.key)} cannot get its \`this\` back.`,
  )
}

/** Reading the field gives this worker's own value. If there is none, it throws an error that says why. */
function defineAbsent(instance: object, absent: AbsentField, { key, lookup }: SelfState): void {
  const [field, description, logger] = absent
  const unsent = `it is ${description} and cannot be sent to a worker. ${WHAT_TO_DO}`
  const refuse = (reason: string, accessor: Function, cause?: unknown): never => {
    const className = classNameOf(Object.getPrototypeOf(instance) as object)
    const text = `\`this.${field}\` is not available inside ${labelOf({ ...key, className })}: ${reason}`
    const error = new TypeError(text, cause === undefined ? undefined : { cause })
    Error.captureStackTrace(error, accessor) // the stack begins at the line that touched the field
    throw error
  }
  const get = (): unknown => {
    try {
      if (logger) return ownLogger(logger, key)
      if (lookup) return lookup(field)
    } catch (error) {
      if (error instanceof FieldMissing) return refuse(error.message, get, error.cause)
      throw error
    }
    return refuse(unsent, get)
  }
  const set = (): never => refuse(logger || lookup ? FROZEN_FIELD : unsent, set)
  Object.defineProperty(instance, field, { get, set, enumerable: false, configurable: false })
}

const FROZEN_FIELD = 'in a worker, `this` is a frozen snapshot. Return the value instead of writing it there.'
const WHAT_TO_DO =
  'Pass what the body needs as an argument, make it in the body, or give the class [serialize]/[deserialize]. ' +
  'The class of a library crosses after `serializable(Class)`, and injected services of Nest after `PebbleModule.forRoot({ worker })`.'

const PRIVATE_ACCESS =
  /private (?:member|field|method)|(?:from|to) an object whose class did not declare it|^Receiver must be (?:an instance of )?class /

const PRIVATE_FIELDS =
  '. Private #fields do not cross to a worker: define [serialize]() and static [deserialize](state) on the class, ' +
  'with the symbols that pebble-ts exports, or use a `private` field of TypeScript.'

/** V8's messages about a write to a frozen object. */
const FROZEN = /^Cannot (?:assign to read only|add|delete|define|redefine) property\b|^#<.*> is not extensible$/

const SNAPSHOT = '. In a worker, `this` is a frozen snapshot: return the value instead of writing it there.'

/** Adds advice to errors of V8 about a `#private` field, which a snapshot cannot have, and about writes to the snapshot. */
export function explainSnapshot(error: unknown): unknown {
  try {
    if (error instanceof TypeError && FROZEN.test(error.message)) error.message += SNAPSHOT
    if (error instanceof TypeError && PRIVATE_ACCESS.test(error.message)) error.message += PRIVATE_FIELDS
  } catch {
    // the message cannot be read or changed: the error stays as it is
  }
  return error
}
