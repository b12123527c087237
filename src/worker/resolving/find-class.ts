/** Finds a subclass by its name: among the known functions, or else on the heap. */
import { locationOf, objectsWith } from '../../registry/inspector'
import type { ClassRef } from '../../registry/keys'

/**
 * @param base the prototype that holds the method, or the class if it is static; the result inherits from it
 * @returns the prototype, or the class if the method is static; null unless exactly one class has that name
 */
export function findClass(ref: ClassRef, base: object, known: readonly Function[]): object | null {
  const baseClass = ref.static ? base : (base as { constructor: Function }).constructor
  const fits = (fn: Function): boolean => fn.name === ref.name && extendsBase(fn, baseClass)
  const cls = only([...new Set(known.filter(fits))]) ?? onHeap(ref, baseClass, fits)
  if (cls === null) return null
  return ref.static ? cls : (cls.prototype as object)
}

/** Finds a class that has no decorated methods: among the exports of its module, or else what that file defines. */
export function findModuleClass(ref: ClassRef, exported: readonly Function[]): Function | null {
  const named = (fn: Function): boolean => fn.name === ref.name
  const cls = only([...new Set(exported.filter(named))])
  if (cls !== null) return cls
  const all = objectsWith(Function.prototype) ?? []
  const functions = all.filter((value): value is Function => typeof value === 'function' && named(value))
  return only(functions.filter((fn) => isWrittenIn(fn, ref.module.url)))
}

function onHeap(ref: ClassRef, baseClass: object, fits: (fn: Function) => boolean): Function | null {
  const found = (objectsWith(baseClass) ?? []).filter(
    (value): value is Function => typeof value === 'function' && fits(value),
  )
  if (found.length <= 1) return found[0] ?? null
  return only(found.filter((fn) => isWrittenIn(fn, ref.module.url)))
}

function isWrittenIn(fn: Function, url: string): boolean {
  const written = locationOf(fn)?.url ?? ''
  return written === url || `file://${written}` === url
}

function extendsBase(fn: Function, baseClass: object): boolean {
  return fn === baseClass || Object.prototype.isPrototypeOf.call(baseClass, fn)
}

function only<T>(found: readonly T[]): T | null {
  return found.length === 1 ? (found[0] as T) : null
}
