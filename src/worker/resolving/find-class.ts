/** Finds a subclass by its name: among the known functions, or else on the heap. */
import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { locationsOf, objectsWith, type Location } from '../../registry/inspector'
import type { ClassRef } from '../../registry/keys'
import { textsAreComparable } from '../loading/prepare'

/**
 * @param base the prototype that holds the method, or the class if it is static; the result inherits from it
 * @returns the prototype, or the class if the method is static; null unless exactly one class fits
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
  return cls ?? onlyOfFile(ref, functionsOnHeap(Function.prototype, named))
}

function onHeap(ref: ClassRef, baseClass: object, fits: (fn: Function) => boolean): Function | null {
  const found = functionsOnHeap(baseClass, fits)
  return found.length <= 1 ? (found[0] ?? null) : onlyOfFile(ref, found)
}

function functionsOnHeap(prototype: object, fits: (fn: Function) => boolean): Function[] {
  const all = objectsWith(prototype) ?? []
  return all.filter((value): value is Function => typeof value === 'function' && fits(value))
}

/** The class that the file of `ref` defines. A bundle may define several of one name: the position decides. */
function onlyOfFile({ module, position }: ClassRef, candidates: readonly Function[]): Function | null {
  const locations = locationsOf(candidates)
  const inFile = candidates.filter((_fn, index) => isOfFile(locations[index], module.url))
  if (inFile.length <= 1 || position === undefined || !textsAreComparable()) return only(inFile)
  return only(inFile.filter((fn) => locations[candidates.indexOf(fn)]?.position === position))
}

function isOfFile(location: Location | null | undefined, url: string): boolean {
  const written = location?.url ?? ''
  return written === url || (isAbsolute(written) && pathToFileURL(written).href === url)
}

function extendsBase(fn: Function, baseClass: object): boolean {
  return fn === baseClass || Object.prototype.isPrototypeOf.call(baseClass, fn)
}

function only<T>(found: readonly T[]): T | null {
  return found.length === 1 ? (found[0] as T) : null
}
