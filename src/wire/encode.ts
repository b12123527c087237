/** The encoders of everything that is no object literal, by kind. */
import type { File } from 'node:buffer'
import { types } from 'node:util'
import { isDense, isSparse } from './arrays'
import { encodeError } from './error-codec'
import type { Kind } from './kinds'
import { isPrimitive, MARK, put } from './markers'
import type { Transferable } from './packed'
import * as say from './refusals'
import { serialize, serializableOf } from './serializable'
import { encodeInstance } from './serializable-codec'
import { DROP } from './stops'
import type { Walk } from './walk'

export function encodeObject(value: object, kind: Kind, walk: Walk): unknown {
  const marked = kind.how === 'proxy' || kind.how === 'error' ? undefined : serializableOf(value)
  if (marked === undefined) return encodeKind(value, kind, walk)
  return encodeInstance(value, kind, marked, walk, () => encodeKind(value, kind, walk))
}

function encodeKind(value: object, kind: Kind, walk: Walk): unknown {
  switch (kind.how) {
    case 'array':
      return copyArray(value as unknown[], walk)
    case 'map':
      return types.isMap(value) ? copyMap(value, walk) : copyInstance(value, kind, walk)
    case 'set':
      return types.isSet(value) ? copySet(value, walk) : copyInstance(value, kind, walk)
    case 'leaf':
      return encodeLeaf(value, walk)
    case 'view':
      return ArrayBuffer.isView(value) ? encodeView(value, kind, walk) : copyInstance(value, kind, walk)
    case 'error':
      return encodeError(value, walk)
    case 'url':
      return walk.mark(value, { [MARK]: 'url', text: (value as URL).href })
    case 'query':
      return walk.mark(value, { [MARK]: 'query', text: (value as URLSearchParams).toString() })
    case 'signal':
      return encodeSignal(value as AbortSignal, walk)
    case 'file':
      return encodeFile(value as File, kind, walk)
    case 'shared':
    case 'live':
    case 'movable':
      return encodeLive(value, kind, walk)
    case 'plain':
    case 'data':
      return copyInstance(value, kind, walk)
    default:
      if (kind.how === 'resource' && walk.transfers?.has(value as Transferable)) return encodeLeaf(value, walk)
      return walk.refuse(say.cannotBeCloned(kind.name), say.REMEDIES[kind.how])
  }
}

function copyInstance(value: object, kind: Kind, walk: Walk): unknown {
  if (walk.context.strict === true) return walk.refuse(say.notSerializable(kind.name), say.MARK_THE_CLASS)
  if (serialize in value) return walk.refuse(say.unmarked(kind.name), say.HOOKS)
  return walk.encodePlain(value)
}

function copyArray(value: unknown[], walk: Walk): unknown[] {
  walk.count(value.length + 1)
  const copy = new Array<unknown>(value.length)
  walk.seen.set(value, copy)
  walk.enter(value)
  if (isSparse(value)) for (const key of Object.keys(value)) copyItem(value, Number(key), copy, walk)
  else for (let i = 0; i < value.length; i++) copyItem(value, i, copy, walk)
  copyNamed(value, copy, walk)
  walk.leave()
  return copy
}

function copyItem(value: unknown[], index: number, copy: unknown[], walk: Walk): void {
  walk.at(index)
  const item = value[index]
  if (item === undefined && !(index in value)) return
  const encoded = isPrimitive(item) ? item : walk.encode(item)
  copy[index] = encoded === DROP ? undefined : encoded
}

/** Properties of arrays that are no items: `index` and `groups` of a match. */
function copyNamed(value: unknown[], copy: unknown[], walk: Walk): void {
  const keys = Object.keys(value)
  if (isDense(value, keys)) return
  for (const key of keys) {
    if (Object.hasOwn(copy, key)) continue
    walk.at(key)
    const encoded = walk.encode((value as unknown as Record<string, unknown>)[key])
    if (encoded !== DROP) put(copy, key, encoded)
  }
}

function copyMap(value: Map<unknown, unknown>, walk: Walk): Map<unknown, unknown> {
  const copy = new Map<unknown, unknown>()
  walk.bytes = true
  walk.seen.set(value, copy)
  walk.enter(value)
  let i = 0
  Map.prototype.forEach.call(value, (item: unknown, key: unknown) => {
    walk.count(2)
    walk.at({ text: `.keys()[${i}]` })
    const encodedKey = walk.encode(key)
    walk.at({ text: isPrimitive(key) ? `.get(${say.literal(key)})` : `.values()[${i}]` })
    const encoded = walk.encode(item)
    if (encodedKey !== DROP && encoded !== DROP) copy.set(encodedKey, encoded)
    i++
  })
  walk.leave()
  return copy
}

function copySet(value: Set<unknown>, walk: Walk): Set<unknown> {
  const copy = new Set<unknown>()
  walk.bytes = true
  walk.seen.set(value, copy)
  walk.enter(value)
  let i = 0
  Set.prototype.forEach.call(value, (item: unknown) => {
    walk.count(1)
    walk.at({ text: `.values()[${i++}]` })
    const encoded = walk.encode(item)
    if (encoded !== DROP) copy.add(encoded)
  })
  walk.leave()
  return copy
}

/** What the engine copies by itself. It becomes bytes, or is cloned, before the caller can touch it again. */
function encodeLeaf(value: object, walk: Walk): unknown {
  walk.bytes = true
  try {
    walk.options.probe?.(value)
    return value
  } catch (error) {
    return walk.refuse(say.refusedByEngine(error), '', error)
  }
}

function encodeView(value: ArrayBufferView, kind: Kind, walk: Walk): unknown {
  if (types.isSharedArrayBuffer(value.buffer)) {
    if (walk.context.kind === 'process')
      return walk.refuse(say.threadsOnly(`${kind.name} on shared memory`), say.USE_A_THREAD)
    if (walk.lenient) return walk.omit()
    walk.needLive()
  }
  if (!walk.options.live || !Buffer.isBuffer(value)) return encodeLeaf(value, walk)
  return walk.mark(value, { [MARK]: 'buffer', bytes: ownBytes(value, walk) })
}

/** The bytes of a Buffer without the pool around them, unless its memory is moved or shared. */
function ownBytes(value: Buffer, walk: Walk): Uint8Array {
  const { buffer, byteOffset, byteLength } = value
  const whole = types.isSharedArrayBuffer(buffer) || walk.transfers?.has(buffer as Transferable) === true
  return whole
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : Uint8Array.prototype.slice.call(new Uint8Array(buffer, byteOffset, byteLength))
}

function encodeLive(value: object, kind: Kind, walk: Walk): unknown {
  if (walk.context.kind === 'process') return walk.refuse(say.threadsOnly(kind.name), say.USE_A_THREAD)
  if (walk.lenient) return walk.omit()
  if (kind.how === 'movable') walk.move([value as Transferable])
  walk.needLive()
  return encodeLeaf(value, walk)
}

/** Node 20 clones a File as a Blob, without its name and date. */
function encodeFile(value: File, kind: Kind, walk: Walk): unknown {
  const blob = encodeLive(value, kind, walk)
  if (blob === DROP) return DROP
  return walk.mark(value, {
    [MARK]: 'file',
    blob: value.slice(0, value.size, value.type),
    name: value.name,
    lastModified: value.lastModified,
  })
}

function encodeSignal(value: AbortSignal, walk: Walk): unknown {
  if (walk.context.signals === undefined) return walk.refuse(say.cannotBeCloned('AbortSignal'), say.PASS_SIGNALS)
  const marker = walk.mark(value, { [MARK]: 'signal', signal: -1 })
  walk.signals ??= new Map()
  walk.signals.set(value, marker)
  return marker
}
