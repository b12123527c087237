/**
 * Tells whether V8's serializer handles everything in a value correctly. The values are large: this makes no copy,
 * keeps no path, and does not recurse. It runs before V8 has compiled it, so its loops make few calls.
 */
import { types } from 'node:util'
import { serializableOf, serialize } from '../serializable'
import { isMarkedForTransfer } from '../transfer'
import { hasItemsOnly } from './arrays'
import { isLarge } from './bytes'
import { kindOf } from './value-kinds'

/** @param buffers gets the large ArrayBuffers of the value */
export function isPlainData(root: unknown, strict: boolean, buffers = new Set<ArrayBuffer>()): boolean {
  try {
    return new Scan(strict, buffers).run(root)
  } catch {
    return false
  }
}

/** Deeper than any serializer goes. Getters can nest without end. */
const MAX_DEPTH = 20_000
/**
 * So many values are scanned before objects are remembered. Most values refer to each object once, and are scanned
 * faster without; in the others, this bounds what is scanned twice.
 */
const UNREMEMBERED = 50_000

class Scan {
  /** Objects of the next level, whose contents have not been scanned. */
  private next: object[] = []
  private readonly seen = new Set<object>()
  private scanned = 0

  constructor(
    private readonly strict: boolean,
    private readonly buffers: Set<ArrayBuffer>,
  ) {}

  run(root: unknown): boolean {
    if (!this.scan(root)) return false
    for (let depth = 1; this.next.length > 0; depth++) {
      if (depth > MAX_DEPTH) return false
      const level = this.next
      this.next = []
      for (const holder of level) if (!this.isKnown(holder) && !this.scanChildren(holder)) return false
    }
    return true
  }

  private isKnown(holder: object): boolean {
    if (this.scanned < UNREMEMBERED) return false
    const { size } = this.seen
    return this.seen.add(holder).size === size
  }

  private scan(value: unknown): boolean {
    if (typeof value !== 'object') return typeof value !== 'function' && typeof value !== 'symbol'
    if (value === null) return true
    if (types.isProxy(value) || isMarkedForTransfer(value)) return false
    const prototype = Object.getPrototypeOf(value) as object | null
    if (prototype === Object.prototype || (prototype === Array.prototype && Array.isArray(value))) {
      this.next.push(value)
      return true
    }
    return this.scanOther(value)
  }

  private scanOther(value: object): boolean {
    const { encoding } = kindOf(value)
    if (encoding === 'plain') return this.scanLater(value)
    if (encoding === 'proxy' || serializableOf(value) !== undefined) return false
    switch (encoding) {
      case 'leaf':
        if (types.isArrayBuffer(value) && isLarge(value)) this.buffers.add(value)
        return true
      case 'view':
        return ArrayBuffer.isView(value) && !types.isSharedArrayBuffer(value.buffer)
      case 'data':
        return !this.strict && !(serialize in value) && this.scanLater(value)
      case 'array':
      case 'map':
      case 'set':
        return this.scanLater(value)
      default:
        return false
    }
  }

  private scanLater(container: object): boolean {
    return this.next.push(container) > 0
  }

  private scanChildren(holder: object): boolean {
    if (Array.isArray(holder)) return this.scanItems(holder)
    if (Object.getPrototypeOf(holder) === Object.prototype) return this.scanLiteral(holder as Record<string, unknown>)
    if (types.isMap(holder)) return this.scanMap(holder)
    if (types.isSet(holder)) {
      for (const item of Set.prototype.values.call(holder)) if (!this.scan(item)) return false
      this.scanned += holder.size
      return true
    }
    return this.scanKeys(holder)
  }

  private scanItems(items: unknown[]): boolean {
    if (!hasItemsOnly(items)) return this.scanKeys(items)
    const { length } = items
    for (let i = 0; i < length; i++) {
      const item = items[i]
      if (typeof item === 'number' || typeof item === 'string') continue
      if (!this.scan(item)) return false
    }
    this.scanned += length
    return true
  }

  /** `for in` is the fastest way to read an object. Properties of `Object.prototype` are scanned with it. */
  private scanLiteral(holder: Record<string, unknown>): boolean {
    let count = 0
    for (const key in holder) {
      const value = holder[key]
      count += 1
      if (typeof value === 'string' || typeof value === 'number') continue
      if (!this.scan(value)) return false
    }
    this.scanned += count
    return true
  }

  private scanMap(holder: Map<unknown, unknown>): boolean {
    for (const [key, value] of Map.prototype.entries.call(holder))
      if (!this.scan(key) || !this.scan(value)) return false
    this.scanned += 2 * holder.size
    return true
  }

  private scanKeys(holder: object): boolean {
    const keys = Object.keys(holder)
    for (const key of keys) if (!this.scan((holder as Record<string, unknown>)[key])) return false
    this.scanned += keys.length
    return true
  }
}
