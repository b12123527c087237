import { isObject } from './objects'

const BRAND = Symbol.for('pebble-ts.brand')

/**
 * Makes `instanceof` true for objects that another copy of the library, or another realm, has created: both prototypes
 * have the same brand. A subclass without a brand of its own behaves as usual.
 */
export function brand(cls: Function, name: string): void {
  Object.defineProperty(cls.prototype, BRAND, { value: name })
  Object.defineProperty(cls, Symbol.hasInstance, { value: isInstance, configurable: true })
}

function isInstance(this: Function, value: unknown): boolean {
  const prototype: unknown = this.prototype
  if (!isObject(value) || !isObject(prototype)) return false
  if (Object.prototype.isPrototypeOf.call(prototype, value)) return true
  const name = brandOf(prototype)
  return name !== undefined && hasBrand(value, name)
}

function hasBrand(value: object, name: string): boolean {
  for (let each: object | null = value; each !== null; each = Object.getPrototypeOf(each) as object | null) {
    if (brandOf(each) === name) return true
  }
  return false
}

/** The brand of a class, given its prototype. */
export function brandOf(prototype: object): string | undefined {
  return Reflect.getOwnPropertyDescriptor(prototype, BRAND)?.value as string | undefined
}
