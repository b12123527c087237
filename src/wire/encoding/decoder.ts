/** The reverse of the encoder: replaces markers by the values they stand for. Changes the data in place. */
import { File, type Blob } from 'node:buffer'
import { functionOf } from '../functions'
import type { UnpackContext } from '../packed'
import { emptyError, errorFromState, fillError, finishError } from './error-codec'
import {
  isMarker,
  isPrimitive,
  put,
  MARK,
  type ErrorMarker,
  type FieldsMarker,
  type FileMarker,
  type Marker,
} from './markers'
import * as say from './refusals'
import { emptyInstance, fillInstance, fromState } from './serializable-codec'

/** Stands for an instance while its state is being decoded. */
const OPEN = Symbol('open')

export class Decoder {
  private readonly seen = new Map<object, unknown>()

  constructor(private readonly context: UnpackContext) {}

  decode(value: unknown): unknown {
    if (isPrimitive(value)) return value
    const object = value as object
    const known = this.seen.get(object)
    if (known === OPEN) throw say.stateHoldsItself()
    if (known !== undefined) return known
    if (isLiteral(object) && isMarker(object)) return this.decodeMarker(object)
    this.seen.set(object, object)
    if (Array.isArray(object) || isLiteral(object)) this.decodeFields(object)
    else if (object instanceof Map) this.decodeMap(object)
    else if (object instanceof Set) this.decodeSet(object)
    return object
  }

  private decodeMarker(marker: Marker): unknown {
    switch (marker[MARK]) {
      case 'escaped':
        this.seen.set(marker, marker.value).set(marker.value, marker.value)
        return this.decodeFields(marker.value)
      case 'error':
        return this.decodeError(marker)
      case 'fields':
        return this.decodeInstance(marker)
      case 'state':
        this.seen.set(marker, OPEN)
        return this.made(marker, fromState(marker.id, this.decode(marker.state)))
      case 'signal':
        return this.made(marker, this.signal(marker.signal))
      case 'function':
        return this.made(marker, functionOf(marker.key))
      case 'url':
        return this.made(marker, new URL(marker.text))
      case 'query':
        return this.made(marker, new URLSearchParams(marker.text))
      case 'file':
        return this.made(marker, fileOf(marker))
      case 'buffer':
        return this.made(marker, Buffer.from(marker.bytes.buffer, marker.bytes.byteOffset, marker.bytes.byteLength))
    }
  }

  /** Records the value of a marker, for further references to it. */
  private made<T>(marker: Marker, value: T): T {
    this.seen.set(marker, value)
    return value
  }

  private decodeFields<T extends object>(holder: T): T {
    const fields = holder as Record<string, unknown>
    for (const key of Object.keys(fields)) {
      const field = fields[key]
      if (isPrimitive(field)) continue
      const decoded = this.decode(field)
      if (decoded !== field) put(fields, key, decoded)
    }
    return holder
  }

  private decodeMap(map: Map<unknown, unknown>): void {
    const entries = [...map]
    map.clear()
    for (const [key, value] of entries) map.set(this.decode(key), this.decode(value))
  }

  private decodeSet(set: Set<unknown>): void {
    const items = [...set]
    set.clear()
    for (const item of items) set.add(this.decode(item))
  }

  private decodeInstance(marker: FieldsMarker): object {
    const base = marker.base === undefined ? undefined : (this.decode(marker.base) as object)
    const instance = this.made(marker, emptyInstance(marker.id, base))
    fillInstance(instance, this.decodeFields(marker.fields))
    return instance
  }

  private decodeError(marker: ErrorMarker): object {
    if (marker.id !== undefined && 'state' in marker) {
      this.seen.set(marker, OPEN)
      const error = errorFromState(marker.id, this.decode(marker.state))
      if (error !== undefined) {
        finishError(error, marker)
        return this.made(marker, error)
      }
    }
    const error = this.made(marker, emptyError(marker))
    if (marker.props) this.decodeFields(marker.props)
    if (marker.hidden) this.decodeFields(marker.hidden)
    fillError(error, marker)
    return error
  }

  private signal(id: number): AbortSignal {
    if (this.context.signals === undefined) throw say.noSignals()
    return this.context.signals.get(id)
  }
}

function fileOf({ blob, name, lastModified }: FileMarker): File {
  const { type } = blob as Blob
  return new File([blob as Blob], name, { type, lastModified })
}

/** Whether an object is a literal. Other objects, except collections, were cloned by the engine and hold no markers. */
function isLiteral(object: object): boolean {
  const prototype = Object.getPrototypeOf(object) as object | null
  return prototype === Object.prototype || prototype === null
}
