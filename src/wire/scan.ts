/** Whether structured clone by itself does right by everything in a value. No copy, no path, no recursion: it is large. */
import { types } from 'node:util'
import { isPlainRow } from './arrays'
import { kindOf } from './value-kinds'
import { isPrimitive } from './markers'
import { serializableOf, serialize } from './serializable'
import { transferListOf } from './transfer'

export function isPlainData(root: unknown, strict: boolean): boolean {
  try {
    return new Scan(strict).run(root)
  } catch {
    return false
  }
}

/** Deeper than any serializer goes; getters can nest without end. */
const DEPTH = 20_000

class Scan {
  private readonly seen = new Set<unknown>()
  /** Still to be looked into, and how deep they lie. */
  private readonly containers: object[] = []
  private readonly depths: number[] = []
  private depth = 0

  constructor(private readonly strict: boolean) {}

  run(root: unknown): boolean {
    if (!this.visit(root)) return false
    for (let next = this.containers.pop(); next !== undefined; next = this.containers.pop()) {
      this.depth = (this.depths.pop() ?? 0) + 1
      if (this.depth > DEPTH || !this.visitChildren(next)) return false
    }
    return true
  }

  private visit(value: unknown): boolean {
    if (isPrimitive(value)) return true
    if (typeof value !== 'object' || value === null) return false
    if (this.seen.has(value)) return true
    this.seen.add(value)
    return this.accepts(value)
  }

  private accepts(value: object): boolean {
    const { encoding } = kindOf(value)
    if (encoding === 'proxy' || transferListOf(value) !== undefined) return false
    if (encoding === 'plain') return this.later(value)
    if (serializableOf(value) !== undefined) return false
    switch (encoding) {
      case 'leaf':
        return true
      case 'view':
        return ArrayBuffer.isView(value) && !types.isSharedArrayBuffer(value.buffer)
      case 'data':
        return !this.strict && !(serialize in value) && this.later(value)
      case 'array':
      case 'map':
      case 'set':
        return this.later(value)
      default:
        return false
    }
  }

  private later(container: object): boolean {
    this.depths.push(this.depth)
    return this.containers.push(container) > 0
  }

  private visitChildren(holder: object): boolean {
    if (Array.isArray(holder)) return this.visitItems(holder)
    if (types.isMap(holder)) {
      for (const [key, value] of Map.prototype.entries.call(holder))
        if (!this.visit(key) || !this.visit(value)) return false
      return true
    }
    if (types.isSet(holder)) {
      for (const item of Set.prototype.values.call(holder)) if (!this.visit(item)) return false
      return true
    }
    return this.visitKeys(holder)
  }

  private visitItems(items: unknown[]): boolean {
    if (!isPlainRow(items)) return this.visitKeys(items)
    for (let i = 0; i < items.length; i++) if (!this.visit(items[i])) return false
    return true
  }

  private visitKeys(holder: object): boolean {
    for (const key of Object.keys(holder)) if (!this.visit((holder as Record<string, unknown>)[key])) return false
    return true
  }
}
