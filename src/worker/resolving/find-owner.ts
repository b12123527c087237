/**
 * Finds the prototype or class that holds the wrapper of a method. A stage-3 decorator does not see it, and there may be
 * no instance of the class yet.
 */
import { objectsWith } from '../../registry/inspector'
import { classNameOf, registrationsWithoutOwner, type Registration } from '../../registry/registrations'
import { isWrapperOf } from '../../registry/wrappers'
import { exportedFunctions } from './exports'
import { sameClassName } from './match'

/** @param className the name of the class in the parent; '' if it is not known there either */
export function findOwner(registration: Registration, exports: unknown, className: string): object | undefined {
  search([registration], exportedFunctions(exports))
  if (registration.owner !== undefined) return registration.owner
  // This takes some 30 ms in a young worker, and seconds with a million closures. One pass serves all registrations.
  const heap = functionsOnHeap()
  search(registrationsWithoutOwner(), heap)
  return (registration.owner ??= ownerOfName(registration, className, heap))
}

/** For a wrapper that another decorator has replaced: the only class of that name that has such a method. */
function ownerOfName({ name }: Registration, className: string, functions: readonly Function[]): object | undefined {
  if (className === '') return undefined
  const named = functions.filter((fn) => sameClassName(className, classNameOf(fn)) && classNameOf(fn) !== '')
  const owners = named.map(prototypeOf).filter((owner) => owner !== null && Object.hasOwn(owner, name))
  return owners.length === 1 ? (owners[0] as object) : undefined
}

function search(open: readonly Registration[], functions: Iterable<Function>): void {
  for (const fn of functions) {
    for (const registration of open) registration.owner ??= holderFor(registration, fn)
  }
}

function holderFor(registration: Registration, fn: Function): object | undefined {
  return holderIn(registration.key.holder === 'static' ? fn : prototypeOf(fn), registration)
}

/** Searches the prototype chain, because a subclass may be exported and its base class not. */
function holderIn(start: object | null, { name, wrapper }: Registration): object | undefined {
  try {
    for (let object = start; object !== null; object = Object.getPrototypeOf(object) as object | null) {
      if (isWrapperOf(Reflect.getOwnPropertyDescriptor(object, name)?.value, wrapper)) return object
    }
  } catch {
    // a proxy with traps
  }
  return undefined
}

function prototypeOf(fn: Function): object | null {
  const prototype: unknown = Reflect.getOwnPropertyDescriptor(fn, 'prototype')?.value
  return typeof prototype === 'object' ? prototype : null
}

function functionsOnHeap(): Function[] {
  return (objectsWith(Function.prototype) ?? []).filter((value) => typeof value === 'function')
}
