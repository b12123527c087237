/**
 * Tells whether V8's serializer handles everything in a value correctly. The values are large: this makes no copy,
 * keeps no path, and does not recurse.
 */
import { types } from 'node:util'
import { serializableOf, serialize } from '../serializable'
import { transferListOf } from '../transfer'
import { hasItemsOnly } from './arrays'
import { isPrimitive } from './markers'
import { kindOf } from './value-kinds'

export function isPlainData(root: unknown, strict: boolean): boolean {
  try {
    return new Scan(strict).run(root)
  } catch {
    return false
  }
}

/** Deeper than any serializer goes. Getters can nest without end. */
const MAX_DEPTH = 20_000

class Scan {
  private readonly seen = new Set<unknown>()
  /** Objects whose contents have not been scanned, and their depths. */
  private readonly containers: object[] = []
  private readonly depths: number[] = []
  private depth = 0

  constructor(private readonly strict: boolean) {}

  run(root: unknown): boolean {
    if (!this.scan(root)) return false
    for (let next = this.containers.pop(); next !== undefined; next = this.containers.pop()) {
      this.depth = (this.depths.pop() ?? 0) + 1
      if (this.depth > MAX_DEPTH || !this.scanChildren(next)) return false
    }
    return true
  }

  private scan(value: unknown): boolean {
    if (isPrimitive(value)) return true
    if (typeof value !== 'object' || value === null) return false
    if (this.seen.has(value)) return true
    this.seen.add(value)
    return this.accepts(value)
  }

  private accepts(value: object): boolean {
    const { encoding } = kindOf(value)
    if (encoding === 'proxy' || transferListOf(value) !== undefined) return false
    if (encoding === 'plain') return this.scanLater(value)
    if (serializableOf(value) !== undefined) return false
    switch (encoding) {
      case 'leaf':
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
    this.depths.push(this.depth)
    return this.containers.push(container) > 0
  }

  private scanChildren(holder: object): boolean {
    if (Array.isArray(holder)) return this.scanItems(holder)
    if (types.isMap(holder)) {
      for (const [key, value] of Map.prototype.entries.call(holder))
        if (!this.scan(key) || !this.scan(value)) return false
      return true
    }
    if (types.isSet(holder)) {
      for (const item of Set.prototype.values.call(holder)) if (!this.scan(item)) return false
      return true
    }
    return this.scanKeys(holder)
  }

  private scanItems(items: unknown[]): boolean {
    if (!hasItemsOnly(items)) return this.scanKeys(items)
    for (let i = 0; i < items.length; i++) if (!this.scan(items[i])) return false
    return true
  }

  private scanKeys(holder: object): boolean {
    for (const key of Object.keys(holder)) if (!this.scan((holder as Record<string, unknown>)[key])) return false
    return true
  }
}
