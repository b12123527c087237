const BRAND = Symbol.for('pebble-ts.brand')

/**
 * Makes `instanceof` hold for what another copy of the library, or another realm, constructed: by the brand that both
 * prototypes carry. Subclasses without a brand of their own mean themselves, as ever.
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
  return name !== undefined && carries(value, name)
}

function carries(value: object, name: string): boolean {
  for (let each: object | null = value; each !== null; each = Object.getPrototypeOf(each) as object | null) {
    if (brandOf(each) === name) return true
  }
  return false
}

/** The brand of a class, given its prototype. */
export function brandOf(prototype: object): string | undefined {
  return Reflect.getOwnPropertyDescriptor(prototype, BRAND)?.value as string | undefined
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
