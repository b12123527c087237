/** The prototype, or class, that holds a wrapper: a stage-3 decorator was not told, and the class may have no instance yet. */
import { objectsWith } from '../../registry/inspector'
import type { Registration } from '../../registry/registrations'
import { exportedFunctions } from './exports'

export function findOwner(registration: Registration, exports: unknown): object | undefined {
  return search(registration, exportedFunctions(exports)) ?? search(registration, heap())
}

/** Every function of this thread, as the last resort: some 30 ms in a young worker, seconds with a million closures. */
function* heap(): Generator<Function> {
  for (const value of objectsWith(Function.prototype) ?? []) if (typeof value === 'function') yield value
}

function search(registration: Registration, functions: Iterable<Function>): object | undefined {
  for (const fn of functions) {
    const owner =
      registration.key.holder === 'static' ? holderIn(fn, registration) : holderIn(prototypeOf(fn), registration)
    if (owner !== undefined) return owner
  }
  return undefined
}

/** In the chain, because a subclass may be exported where its base is not. */
function holderIn(start: object | null, { name, wrapper }: Registration): object | undefined {
  try {
    for (let object = start; object !== null; object = Object.getPrototypeOf(object) as object | null) {
      if (Reflect.getOwnPropertyDescriptor(object, name)?.value === wrapper) return object
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
