/** Encodes any value: chooses the codec by the kind of the value and by the marks on its class. */
import type { File } from 'node:buffer'
import { types } from 'node:util'
import { encodeFunction } from '../functions'
import type { Transferable } from '../packed'
import { serialize, serializableOf } from '../serializable'
import { transferListOf } from '../transfer'
import * as builtIn from './encode-built-ins'
import { Encoder } from './encoder'
import { encodeError } from './error-codec'
import { MARK } from './markers'
import * as say from './refusals'
import { encodeInstance } from './serializable-codec'
import { kindOf, type ValueKind } from './value-kinds'

export class ValueEncoder extends Encoder {
  override encode(value: unknown): unknown {
    if (typeof value === 'function') return encodeFunction(value, this)
    if (typeof value === 'symbol') return this.refuse(say.cannotBeCloned('symbol'), say.REMEDIES.symbol)
    if (typeof value !== 'object' || value === null) return value
    const known = this.seen.get(value)
    if (known !== undefined) return known
    this.checkLenientLimits()
    const kind = kindOf(value)
    const list = transferListOf(value)
    if (list !== undefined && this.context.kind === 'thread' && !this.lenient) this.move(list)
    return kind.encoding === 'plain' ? this.encodePlain(value) : this.encodeObject(value, kind)
  }

  override encodeBuiltIn(value: object, kind: ValueKind): unknown {
    switch (kind.encoding) {
      case 'array':
        return builtIn.copyArray(value as unknown[], this)
      case 'map':
        return types.isMap(value) ? builtIn.copyMap(value, this) : this.copyInstance(value, kind)
      case 'set':
        return types.isSet(value) ? builtIn.copySet(value, this) : this.copyInstance(value, kind)
      case 'leaf':
        return builtIn.encodeLeaf(value, this)
      case 'view':
        return ArrayBuffer.isView(value) ? builtIn.encodeView(value, kind, this) : this.copyInstance(value, kind)
      case 'error':
        return encodeError(value, this)
      case 'url':
        return this.mark(value, { [MARK]: 'url', text: (value as URL).href })
      case 'query':
        return this.mark(value, { [MARK]: 'query', text: (value as URLSearchParams).toString() })
      case 'signal':
        return builtIn.encodeSignal(value as AbortSignal, this)
      case 'file':
        return builtIn.encodeFile(value as File, kind, this)
      case 'shared':
      case 'live':
      case 'movable':
        return builtIn.encodeLive(value, kind, this)
      case 'plain':
      case 'data':
        return this.copyInstance(value, kind)
      default:
        if (kind.encoding === 'resource' && this.transfers?.has(value as Transferable))
          return builtIn.encodeLeaf(value, this)
        return this.refuse(say.cannotBeCloned(kind.name), say.REMEDIES[kind.encoding])
    }
  }

  private encodeObject(value: object, kind: ValueKind): unknown {
    const marked = kind.encoding === 'proxy' || kind.encoding === 'error' ? undefined : serializableOf(value)
    return marked === undefined ? this.encodeBuiltIn(value, kind) : encodeInstance(value, kind, marked, this)
  }

  private copyInstance(value: object, kind: ValueKind): unknown {
    if (this.context.strict === true) return this.refuse(say.notSerializable(kind.name), say.MARK_THE_CLASS)
    if (serialize in value) return this.refuse(say.unmarked(kind.name), say.HOOKS)
    return this.encodePlain(value)
  }
}
