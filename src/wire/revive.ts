/** The other half of the walk: replaces markers by what they stand for, in place. The data is fresh, nobody else has it. */
import { File, type Blob } from 'node:buffer'
import { errorFromState, errorShell, fillError, finishError } from './error-codec'
import { functionOf } from './functions'
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
import type { UnpackContext } from './packed'
import * as say from './refusals'
import { fill, fromState, shellOf } from './serializable-codec'

/** In the place of an instance whose state is being revived. */
const OPEN = Symbol('open')

export class Revival {
  private readonly seen = new Map<object, unknown>()

  constructor(private readonly context: UnpackContext) {}

  revive(value: unknown): unknown {
    if (isPrimitive(value)) return value
    const object = value as object
    const known = this.seen.get(object)
    if (known === OPEN) throw say.stateHoldsItself()
    if (known !== undefined) return known
    if (isMarkable(object) && isMarker(object)) return this.reviveMarker(object)
    this.seen.set(object, object)
    if (Array.isArray(object) || isMarkable(object)) this.reviveFields(object)
    else if (object instanceof Map) this.reviveMap(object)
    else if (object instanceof Set) this.reviveSet(object)
    return object
  }

  private reviveMarker(marker: Marker): unknown {
    switch (marker[MARK]) {
      case 'escaped':
        this.seen.set(marker, marker.value).set(marker.value, marker.value)
        return this.reviveFields(marker.value)
      case 'error':
        return this.reviveError(marker)
      case 'fields':
        return this.reviveInstance(marker)
      case 'state':
        this.seen.set(marker, OPEN)
        return this.made(marker, fromState(marker.id, this.revive(marker.state)))
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

  private made<T>(marker: Marker, value: T): T {
    this.seen.set(marker, value)
    return value
  }

  private reviveFields<T extends object>(holder: T): T {
    const fields = holder as Record<string, unknown>
    for (const key of Object.keys(fields)) {
      const field = fields[key]
      if (isPrimitive(field)) continue
      const revived = this.revive(field)
      if (revived !== field) put(fields, key, revived)
    }
    return holder
  }

  private reviveMap(map: Map<unknown, unknown>): void {
    const entries = [...map]
    map.clear()
    for (const [key, value] of entries) map.set(this.revive(key), this.revive(value))
  }

  private reviveSet(set: Set<unknown>): void {
    const items = [...set]
    set.clear()
    for (const item of items) set.add(this.revive(item))
  }

  private reviveInstance(marker: FieldsMarker): object {
    const base = marker.base === undefined ? undefined : (this.revive(marker.base) as object)
    const shell = this.made(marker, shellOf(marker.id, base))
    fill(shell, this.reviveFields(marker.fields))
    return shell
  }

  private reviveError(marker: ErrorMarker): object {
    if (marker.id !== undefined && 'state' in marker) {
      this.seen.set(marker, OPEN)
      const error = errorFromState(marker.id, this.revive(marker.state))
      if (error !== undefined) {
        finishError(error, marker)
        return this.made(marker, error)
      }
    }
    const error = this.made(marker, errorShell(marker))
    if (marker.props) this.reviveFields(marker.props)
    if (marker.hidden) this.reviveFields(marker.hidden)
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

/** Object literals; what else is an object was cloned by the engine, and holds no marker. */
function isMarkable(object: object): boolean {
  const prototype = Object.getPrototypeOf(object) as object | null
  return prototype === Object.prototype || prototype === null
}
