/**
 * Tells whether V8's serializer handles everything in a value correctly. The values are large: this makes no copy,
 * keeps no path, and does not recurse. It runs before V8 has compiled it, so its loops make few calls.
 */
import { types } from 'node:util'
import { serializableOf, serialize } from '../serializable'
import { isTransferUsed, transferListOf } from '../transfer'
import { hasItemsOnly, isDense } from './arrays'
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
 * So many values are scanned before objects are remembered. Most data refers to each object once, and is scanned faster
 * without a set of the objects that were seen. In other data, this limits how much is scanned twice.
 */
const UNREMEMBERED = 250_000

/** From this length on, an array is not asked for its keys. */
const LONG = 10_000

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
    if (!this.accepts(root)) return false
    for (let depth = 1; this.next.length > 0; depth++) {
      if (depth > MAX_DEPTH) return false
      const level = this.next
      this.next = []
      if (!this.scanLevel(level)) return false
    }
    return true
  }

  /**
   * Scans the contents of the objects of a level. Literals, arrays and primitives in them are handled right here: in code
   * that is not compiled yet, a call of a function for each of them would take twice as long.
   */
  private scanLevel(level: readonly object[]): boolean {
    const { next } = this
    const { isProxy } = types
    const { getPrototypeOf, keys, prototype: literal } = Object
    const array = Array.prototype
    const mayMove = isTransferUsed()
    for (let i = 0; i < level.length; i++) {
      const holder = level[i] as Record<string, unknown>
      if (this.scanned > UNREMEMBERED && this.isKnown(holder)) continue
      if (Array.isArray(holder)) {
        const { length } = holder
        this.scanned += length
        if (length < LONG ? !isDense(holder, keys(holder)) : !hasItemsOnly(holder)) {
          if (!this.scanKeys(holder)) return false
          continue
        }
        for (let j = 0; j < length; j++) {
          const value: unknown = holder[j]
          if (typeof value === 'object') {
            if (value === null) continue
            const prototype: unknown = mayMove || isProxy(value) ? undefined : getPrototypeOf(value)
            if (prototype === literal || prototype === array) next.push(value)
            else if (!this.accepts(value)) return false
          } else if (typeof value === 'function' || typeof value === 'symbol') return false
        }
      } else if (getPrototypeOf(holder) === literal) {
        // `for in` is the fastest way to read an object. It also reads what was added to `Object.prototype`.
        for (const key in holder) {
          const value = holder[key]
          this.scanned += 1
          if (typeof value === 'object') {
            if (value === null) continue
            const prototype: unknown = mayMove || isProxy(value) ? undefined : getPrototypeOf(value)
            if (prototype === literal || prototype === array) next.push(value)
            else if (!this.accepts(value)) return false
          } else if (typeof value === 'function' || typeof value === 'symbol') return false
        }
      } else if (!this.scanOther(holder)) return false
    }
    return true
  }

  /** Remembers an object. Most values need this for none. */
  private isKnown(holder: object): boolean {
    const { size } = this.seen
    return this.seen.add(holder).size === size
  }

  /** Whether V8's serializer handles the value. Its contents are scanned later. */
  private accepts(value: unknown): boolean {
    if (typeof value !== 'object') return typeof value !== 'function' && typeof value !== 'symbol'
    if (value === null) return true
    const { encoding } = kindOf(value)
    if (encoding === 'proxy' || transferListOf(value) !== undefined) return false
    if (encoding === 'plain') return this.scanLater(value)
    if (serializableOf(value) !== undefined) return false
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

  private scanOther(holder: object): boolean {
    if (types.isMap(holder)) {
      this.scanned += holder.size
      for (const [key, value] of Map.prototype.entries.call(holder))
        if (!this.accepts(key) || !this.accepts(value)) return false
      return true
    }
    if (types.isSet(holder)) {
      this.scanned += holder.size
      for (const item of Set.prototype.values.call(holder)) if (!this.accepts(item)) return false
      return true
    }
    return this.scanKeys(holder)
  }

  private scanKeys(holder: object): boolean {
    const keys = Object.keys(holder)
    this.scanned += keys.length
    for (const key of keys) if (!this.accepts((holder as Record<string, unknown>)[key])) return false
    return true
  }
}
