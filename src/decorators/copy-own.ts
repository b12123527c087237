/** What reflect-metadata adds to `Reflect`, where the program has loaded it. */
interface ReflectMetadata {
  getOwnMetadataKeys?(target: object): unknown[]
  getOwnMetadata(key: unknown, target: object): unknown
  defineMetadata(key: unknown, value: unknown, target: object): void
}

/**
 * Gives `wrapper` the name, length, own properties and reflect-metadata of `original`: what stands above a decorator
 * sees what the decorators below it left on the method.
 */
export function copyOwn(original: Function, wrapper: Function): void {
  for (const key of Reflect.ownKeys(original)) {
    if (key === 'prototype' || key === 'arguments' || key === 'caller') continue
    if (key !== 'name' && key !== 'length' && Object.hasOwn(wrapper, key)) continue // the wrapper's own, over an inner one's
    Object.defineProperty(wrapper, key, Object.getOwnPropertyDescriptor(original, key) as PropertyDescriptor)
  }
  const metadata = Reflect as unknown as ReflectMetadata
  for (const key of metadata.getOwnMetadataKeys?.(original) ?? []) {
    metadata.defineMetadata(key, metadata.getOwnMetadata(key, original), wrapper)
  }
}
