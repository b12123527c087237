/** Encoders of the objects that the language and Node.js define, except errors. */
import type { File } from 'node:buffer'
import { types } from 'node:util'
import type { Transferable } from '../packed'
import { isDense, isSparse } from './arrays'
import { isLarge } from './bytes'
import { OMITTED, type Encoder } from './encoder'
import { isPrimitive, MARK, put } from './markers'
import * as say from './refusals'
import type { ValueKind } from './value-kinds'

export function copyArray(value: unknown[], encoder: Encoder): unknown[] {
  encoder.count(value.length + 1)
  const copy = new Array<unknown>(value.length)
  encoder.seen.set(value, copy)
  encoder.enter(value)
  if (isSparse(value)) for (const key of Object.keys(value)) copyItem(value, Number(key), copy, encoder)
  else for (let i = 0; i < value.length; i++) copyItem(value, i, copy, encoder)
  copyNamed(value, copy, encoder)
  encoder.leave()
  return copy
}

function copyItem(value: unknown[], index: number, copy: unknown[], encoder: Encoder): void {
  encoder.at(index)
  const item = value[index]
  if (item === undefined && !(index in value)) return
  const encoded = isPrimitive(item) ? item : encoder.encode(item)
  copy[index] = encoded === OMITTED ? undefined : encoded
}

/** Copies properties that are not items: `index` and `groups` of a match. */
function copyNamed(value: unknown[], copy: unknown[], encoder: Encoder): void {
  const keys = Object.keys(value)
  if (isDense(value, keys)) return
  for (const key of keys) {
    if (Object.hasOwn(copy, key)) continue
    encoder.at(key)
    const encoded = encoder.encode((value as unknown as Record<string, unknown>)[key])
    if (encoded !== OMITTED) put(copy, key, encoded)
  }
}

export function copyMap(value: Map<unknown, unknown>, encoder: Encoder): Map<unknown, unknown> {
  const copy = new Map<unknown, unknown>()
  encoder.bytes = true
  encoder.seen.set(value, copy)
  encoder.enter(value)
  let i = 0
  Map.prototype.forEach.call(value, (item: unknown, key: unknown) => {
    encoder.count(2)
    encoder.at({ text: `.keys()[${i}]` })
    const encodedKey = encoder.encode(key)
    encoder.at({ text: isPrimitive(key) ? `.get(${say.literal(key)})` : `.values()[${i}]` })
    const encoded = encoder.encode(item)
    if (encodedKey !== OMITTED && encoded !== OMITTED) copy.set(encodedKey, encoded)
    i++
  })
  encoder.leave()
  return copy
}

export function copySet(value: Set<unknown>, encoder: Encoder): Set<unknown> {
  const copy = new Set<unknown>()
  encoder.bytes = true
  encoder.seen.set(value, copy)
  encoder.enter(value)
  let i = 0
  Set.prototype.forEach.call(value, (item: unknown) => {
    encoder.count(1)
    encoder.at({ text: `.values()[${i++}]` })
    const encoded = encoder.encode(item)
    if (encoded !== OMITTED) copy.add(encoded)
  })
  encoder.leave()
  return copy
}

/** An object that the engine copies itself. It becomes bytes, or is cloned, before the caller can change it. */
export function encodeLeaf(value: object, encoder: Encoder): unknown {
  encoder.bytes = true
  if (types.isArrayBuffer(value) && isLarge(value)) (encoder.buffers ??= new Set()).add(value)
  try {
    encoder.options.probe?.(value)
    return value
  } catch (error) {
    return encoder.refuse(say.refusedByEngine(error), '', error)
  }
}

export function encodeView(value: ArrayBufferView, kind: ValueKind, encoder: Encoder): unknown {
  if (types.isSharedArrayBuffer(value.buffer)) {
    if (encoder.context.kind === 'process')
      return encoder.refuse(say.threadsOnly(`${kind.name} on shared memory`), say.USE_A_THREAD)
    if (encoder.lenient) return encoder.omit()
    encoder.needLive()
  }
  if (!encoder.options.live || !Buffer.isBuffer(value)) return encodeLeaf(value, encoder)
  return encoder.mark(value, { [MARK]: 'buffer', bytes: ownBytes(value, encoder) })
}

/** The bytes of a Buffer without the pool around them, unless its memory is moved or shared. */
function ownBytes(value: Buffer, encoder: Encoder): Uint8Array {
  const { buffer, byteOffset, byteLength } = value
  const whole = types.isSharedArrayBuffer(buffer) || encoder.transfers?.has(buffer as Transferable) === true
  return whole
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : Uint8Array.prototype.slice.call(new Uint8Array(buffer, byteOffset, byteLength))
}

export function encodeLive(value: object, kind: ValueKind, encoder: Encoder): unknown {
  if (encoder.context.kind === 'process') return encoder.refuse(say.threadsOnly(kind.name), say.USE_A_THREAD)
  if (encoder.lenient) return encoder.omit()
  if (kind.encoding === 'movable') encoder.move([value as Transferable])
  encoder.needLive()
  return encodeLeaf(value, encoder)
}

/**
 * Node.js 20 clones a File as a Blob, without its name and date (https://github.com/nodejs/node/issues/47612). The
 * marker carries them.
 */
export function encodeFile(value: File, kind: ValueKind, encoder: Encoder): unknown {
  const blob = encodeLive(value, kind, encoder)
  if (blob === OMITTED) return OMITTED
  return encoder.mark(value, {
    [MARK]: 'file',
    blob: value.slice(0, value.size, value.type),
    name: value.name,
    lastModified: value.lastModified,
  })
}

export function encodeSignal(value: AbortSignal, encoder: Encoder): unknown {
  if (encoder.context.signals === undefined) return encoder.refuse(say.cannotBeCloned('AbortSignal'), say.PASS_SIGNALS)
  const marker = encoder.mark(value, { [MARK]: 'signal', signal: -1 })
  encoder.signals ??= new Map()
  encoder.signals.set(value, marker)
  return marker
}
