/** The prototype, or class, that holds a wrapper: a stage-3 decorator was not told, and the class may have no instance yet. */
import { objectsWith } from '../../registry/inspector'
import { classNameOf, registrationsWithoutOwner, type Registration } from '../../registry/registrations'
import { isWrapperOf } from '../../registry/wrappers'
import { exportedFunctions } from './exports'
import { sameClassName } from './match'

/** @param className - What the class is called in the parent; '' where that is not known there either. */
export function findOwner(registration: Registration, exports: unknown, className: string): object | undefined {
  search([registration], exportedFunctions(exports))
  if (registration.owner !== undefined) return registration.owner
  // Some 30 ms in a young worker, seconds with a million closures: one pass answers for every open registration.
  const heap = functionsOnHeap()
  search(registrationsWithoutOwner(), heap)
  return (registration.owner ??= ownerOfName(registration, className, heap))
}

/** Where another decorator has put a function of its own over the wrapper: the one class of that name with such a method. */
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

/** In the chain, because a subclass may be exported where its base is not. */
function holderIn(start: object | null, { name, wrapper }: Registration): object | undefined {
  try {
    for (let object = start; object !== null; object = Object.getPrototypeOf(object) as object | null) {
      if (isWrapperOf(Reflect.getOwnPropertyDescriptor(object, name)?.value, wrapper)) return object
    }
  } catch {
    // a proxy with traps of its own
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
