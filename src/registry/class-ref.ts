/** Names the class of an instance for a worker. A subclass without decorated methods has no registration of its own. */
import { NotFoundError } from '../errors'
import { locateClass } from './locate-class'
import type { ClassRef } from './keys'
import type { Registration } from './registrations'
import { classNameOf, registrationsOfOwner } from './registrations'
import { isWrapperOf } from './wrappers'
import { isPrototypeOfClass, prototypeChain } from '../utils/objects'

const known = new WeakMap<object, ClassRef>()

/**
 * Null if the class of `self` is the one that defines the method. For a static method, `self` is the class.
 *
 * @throws NotFoundError if the module of the class cannot be found. Using the base class instead would ignore
 * overrides.
 */
export function classRefOf(registration: Registration, self: object): ClassRef | null {
  const holder = registration.key.holder === 'static' ? self : (Object.getPrototypeOf(self) as object | null)
  registration.owner ??= ownerIn(holder, registration)
  if (holder === registration.owner || holder === null) return null
  return known.get(holder) ?? find(registration, holder)
}

function find(registration: Registration, holder: object): ClassRef | null {
  const isStatic = registration.key.holder === 'static'
  const owner = isStatic ? holder : prototypeIn(holder)
  if (owner === registration.owner || owner === null) return null
  const ref = known.get(owner) ?? refOf(owner, registration)
  known.set(owner, ref)
  known.set(holder, ref)
  return ref
}

function refOf(owner: object, registration: Registration): ClassRef {
  const cls: Function = typeof owner === 'function' ? owner : owner.constructor
  const name = classNameOf(owner)
  const isStatic = typeof owner === 'function'
  const prototype = Reflect.get(cls, 'prototype') as object | undefined
  const own = [...registrationsOfOwner(cls), ...(prototype === undefined ? [] : registrationsOfOwner(prototype))]
  const via = own.find(({ key }) => key.topLevel)?.key
  const location = via === undefined ? locateClass(cls) : { module: via.module, via }
  if (location !== null) return { ...location, name, static: isStatic }
  throw new NotFoundError(
    `Cannot run ${registration.label} for an instance of \`${name === '' ? '(anonymous class)' : name}\`: the module that defines this class is not known, so a worker cannot import it. Define the class at the top level of a module and export it.`,
  )
}

/** The object in the chain whose own property is the wrapper, or wraps it. */
function ownerIn(start: object | null, { name, wrapper }: Registration): object | undefined {
  for (const object of prototypeChain(start)) {
    if (isWrapperOf(Reflect.getOwnPropertyDescriptor(object, name)?.value, wrapper)) return object
  }
  return undefined
}

/** The nearest prototype of a class in the chain. There are others before it after `Object.create(instance)`. */
function prototypeIn(start: object): object | null {
  for (const object of prototypeChain(start)) {
    if (isPrototypeOfClass(object)) return object === Object.prototype ? null : object
  }
  return null
}
