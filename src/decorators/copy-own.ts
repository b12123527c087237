/** The part of reflect-metadata that is used here. */
interface MetadataFunctions {
  getOwnMetadataKeys(target: object): unknown[]
  getOwnMetadata(key: unknown, target: object): unknown
  defineMetadata(key: unknown, value: unknown, target: object): void
}

/** Where all copies of reflect-metadata (0.2) register themselves. */
const METADATA_REGISTRY = Symbol.for('@reflect-metadata:registry')

/**
 * Copies name, length, own properties and reflect-metadata from `original` to `wrapper`. So a decorator above ours sees
 * what the decorators below have put on the method.
 */
export function copyOwn(original: Function, wrapper: Function): void {
  for (const key of Reflect.ownKeys(original)) {
    if (key === 'prototype' || key === 'arguments' || key === 'caller') continue
    if (key !== 'name' && key !== 'length' && Object.hasOwn(wrapper, key)) continue // the wrapper's own property wins
    Object.defineProperty(wrapper, key, Object.getOwnPropertyDescriptor(original, key) as PropertyDescriptor)
  }
  const metadata = metadataFunctions()
  for (const key of metadata?.getOwnMetadataKeys(original) ?? []) {
    metadata?.defineMetadata(key, metadata.getOwnMetadata(key, original), wrapper)
  }
}

/**
 * The functions to read and write metadata; undefined if the program has none, because it has not loaded
 * reflect-metadata. Its own copy is used. Only if that copy has put no functions on `Reflect`
 * (`reflect-metadata/no-conflict`), ours is loaded, which then shares the registry with it.
 */
function metadataFunctions(): MetadataFunctions | undefined {
  const global = Reflect as unknown as Partial<MetadataFunctions>
  if (typeof global.getOwnMetadataKeys === 'function') return global as MetadataFunctions
  if (!(METADATA_REGISTRY in Reflect)) return undefined
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it for every program
  return require('reflect-metadata/no-conflict') as MetadataFunctions
}
