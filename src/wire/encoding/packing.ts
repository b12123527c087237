/**
 * Packs an object. Each way is taken if the one before it cannot be:
 *
 *   copySmall      a few plain objects and arrays: a copy
 *   packSmall      up to BUDGET nodes: an encoded copy, made bytes if it holds markers or more than plain data
 *   packLarge      more nodes, and V8's serializer handles all of them: bytes, without a copy
 *   packCopy       everything else: an encoded copy, made bytes, or cloned for `postMessage` (live)
 *   packProbed     the engine refused the encoded copy: asks the engine about each object, to find the path
 */
import { CancelledError } from '../../errors'
import { host } from '../../utils/realm'
import { BYTES, CODED, LIVE, PLAIN, type PackContext, type Packed, type Transferable } from '../packed'
import { hasParts, LARGE, toBytes, type Bytes } from './bytes'
import { NEEDS_LIVE, OVER_BUDGET, type EncoderOptions } from './encoder'
import { isPlainData } from './plain-data'
import * as say from './refusals'
import { copySmall, NOT_SMALL } from './small-copy'
import { ValueEncoder } from './value-encoder'

const BUDGET = 256

export function packed(data: unknown, flags: number, transfer?: Transferable[], classes?: string[]): Packed {
  return { data, flags, transfer, classes }
}

export function packObject(value: unknown, context: PackContext): Packed {
  if (context.moved?.length && context.kind === 'thread') return packCopy(value, context, true)
  if (context.bytes === true) return packLarge(value, context)
  const data = copySmall(value as object)
  return data === NOT_SMALL ? packSmall(value, context) : packed(data, PLAIN)
}

function packSmall(value: unknown, context: PackContext): Packed {
  const encoder = new ValueEncoder(context, { budget: BUDGET, live: false })
  let data: unknown
  try {
    data = encoder.encode(value)
  } catch (error) {
    if (error === OVER_BUDGET) return packLarge(value, context)
    if (error === NEEDS_LIVE) return packCopy(value, context, true)
    throw asError(error, encoder)
  }
  if (!encoder.bytes && !encoder.coded) return packed(data, PLAIN)
  return seal(data, encoder, value)
}

function packLarge(value: unknown, context: PackContext): Packed {
  const buffers = new Set<ArrayBuffer>()
  if (isPlainData(value, context.strict === true, buffers)) {
    try {
      return packedBytes(value, PLAIN, { context, buffers })
    } catch {
      // `packCopy` finds the path
    }
  }
  return packCopy(value, context, false)
}

function packCopy(value: unknown, context: PackContext, live: boolean): Packed {
  const encoder = new ValueEncoder(context, { budget: Infinity, live })
  try {
    return seal(encoder.encode(value), encoder, value)
  } catch (error) {
    if (error === NEEDS_LIVE) return packCopy(value, context, true)
    throw asError(error, encoder)
  }
}

/** Turns the encoded copy into what is sent. */
function seal(data: unknown, encoder: ValueEncoder, value: unknown): Packed {
  numberSignals(encoder)
  try {
    return toPacked(data, encoder)
  } catch (error) {
    const options = { budget: Infinity, live: encoder.options.live, probe: probeOf(encoder) }
    return packProbed(value, encoder, options, error)
  }
}

function packProbed(
  value: unknown,
  { context, signals }: ValueEncoder,
  options: EncoderOptions,
  reason: unknown,
): Packed {
  const encoder = new ValueEncoder(context, options)
  try {
    const data = encoder.encode(value)
    encoder.signals?.forEach((marker, signal) => (marker.signal = signals?.get(signal)?.signal ?? -1))
    return toPacked(data, encoder)
  } catch (error) {
    throw error instanceof say.Refusal ? error.toError(context) : refusedAsWhole(reason, context)
  }
}

function toPacked(data: unknown, encoder: ValueEncoder): Packed {
  const flags = encoder.coded ? CODED : PLAIN
  const classes = encoder.classes && [...encoder.classes]
  if (encoder.options.live) {
    const transfer = [...(encoder.transfers ?? [])]
    // Like `postMessage`, this moves at once: the caller sees it now, not at the later moment when the call is sent.
    const [clone, moved] = host.structuredClone([data, transfer] as const, { transfer })
    return packed(clone, flags | LIVE, moved.length > 0 ? [...moved] : undefined, classes)
  }
  const asBytes = encoder.bytes || encoder.context.bytes === true || encoder.nodes > BUDGET
  return asBytes ? packedBytes(data, flags, encoder) : packed(data, flags, undefined, classes)
}

function packedBytes(
  data: unknown,
  flags: number,
  { context, buffers, classes }: Pick<ValueEncoder, 'context' | 'buffers'> & { classes?: Set<string> | undefined },
): Packed {
  const isMoved = context.sentNow === true && context.kind === 'thread'
  const bytes = toBytes(data, buffers, isMoved || context.sentNow !== true)
  return packed(bytes, flags | BYTES, isMoved ? memoryToMove(bytes) : undefined, classes && [...classes])
}

/** The memory of bytes that have just been written, if it is worth moving. */
function memoryToMove(bytes: Bytes): Transferable[] | undefined {
  if (hasParts(bytes)) return bytes.map(({ buffer }) => buffer as ArrayBuffer)
  return bytes.byteLength < LARGE ? undefined : [bytes.buffer as ArrayBuffer]
}

function numberSignals({ signals, context }: ValueEncoder): void {
  signals?.forEach((marker, signal) => (marker.signal = context.signals?.add(signal) ?? -1))
}

function probeOf(encoder: ValueEncoder): (leaf: object) => void {
  if (!encoder.options.live) return (leaf) => void toBytes(leaf)
  const moved = encoder.transfers ?? new Set<unknown>()
  return (leaf) => {
    if (!moved.has(leaf) && !(ArrayBuffer.isView(leaf) && moved.has(leaf.buffer))) host.structuredClone(leaf)
  }
}

function asError(error: unknown, encoder: ValueEncoder): unknown {
  if (error instanceof say.Refusal) return error.toError(encoder.context)
  if (error instanceof say.SerializationError || error instanceof CancelledError) return error
  const refusal = say.isOutOfStack(error)
    ? new say.Refusal(say.TOO_DEEP, say.FLATTEN, [], error)
    : encoder.refusal(say.unreadable(error), say.READABLE, error)
  return refusal.toError(encoder.context)
}

function refusedAsWhole(reason: unknown, context: PackContext): unknown {
  return new say.Refusal(say.refusedByEngine(reason), '', [], reason).toError(context)
}
