/** Questions about any value, and about the prototypes of objects. */

/** Whether `value` can have properties of its own: an object, or a function. */
export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

/** `start` and its prototypes, the nearest first. Not for hot paths: a generator costs more than a loop. */
export function* prototypeChain(start: object | null | undefined): Generator<object> {
  for (let object = start; object; object = Object.getPrototypeOf(object) as object | null) yield object
}

/** Whether `object` is the `prototype` of a class, and not an instance. */
export function isPrototypeOfClass(object: object): boolean {
  const cls: unknown = Object.getOwnPropertyDescriptor(object, 'constructor')?.value
  return typeof cls === 'function' && cls.prototype === object
}
