/** Makes the `this` of a body: a frozen snapshot of the caller's instance, or the class itself for statics. */
import { labelOf, type MethodKey } from '../registry/keys'
import { classNameOf } from '../registry/registrations'
import { deserialize } from '../wire/serializable'
import { freezeFields } from './freeze'
import type { Resolved } from './resolve'

/** One frozen instance per prototype, for all calls whose `this` has no state. */
const empty = new WeakMap<object, object>()

/** What the parent has sent of `this`. */
export interface SelfState {
  /** The fields that could be sent, or what `[serialize]()` returned. */
  readonly state: unknown
  /** `state` is for the class's own `[deserialize]`. */
  readonly custom: boolean
  /** Fields that could not be sent. Reading one throws an error that says what it is. */
  readonly absent: ReadonlyArray<readonly [field: string, description: string]> | undefined
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
  for (const [field, description] of self.absent ?? []) defineAbsent(instance, field, description, self.key)
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

function defineAbsent(instance: object, field: string, description: string, key: MethodKey): void {
  const refuse = (): never => {
    const className = classNameOf(Object.getPrototypeOf(instance) as object)
    const error = new TypeError(
      `\`this.${field}\` is not available inside ${labelOf({ ...key, className })}: it is ${description} and cannot be sent to a worker. ` +
        `Pass what the body needs as an argument, make it in the body, or give the class [serialize]/[deserialize].`,
    )
    Error.captureStackTrace(error, refuse) // the stack begins at the line that touched the field
    throw error
  }
  Object.defineProperty(instance, field, { get: refuse, set: refuse, enumerable: false, configurable: false })
}

const PRIVATE_ACCESS =
  /private (?:member|field|method)|(?:from|to) an object whose class did not declare it|^Receiver must be (?:an instance of )?class /

const PRIVATE_FIELDS =
  '. Private #fields do not cross to a worker: define [serialize]() and static [deserialize](state) on the class, ' +
  'with the symbols that pebble-ts exports, or use a `private` field of TypeScript.'

/** V8's messages about a write to a frozen object. */
const FROZEN = /^Cannot (?:assign to read only|add|delete|define) property /

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
