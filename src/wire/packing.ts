/**
 * How a value that is no primitive is packed. Small plain data is copied; large data becomes bytes as it is, where the
 * engine does right by all of it; else it is copied with markers first. Where the engine refuses what the walk let
 * pass, a second walk asks it leaf by leaf, for the path.
 */
import { CancelledError } from '../errors'
import { host } from '../utils/realm'
import { toBytes } from './bytes'
import { BYTES, CODED, LIVE, PLAIN, type PackContext, type Packed, type Transferable } from './packed'
import * as say from './refusals'
import { isPlainData } from './scan'
import { copySmall, NOT_SMALL } from './small'
import { NEEDS_LIVE, OVER_BUDGET } from './stops'
import { Encoder, type EncoderOptions } from './encoder'

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
  const encoder = new Encoder(context, { budget: BUDGET, live: false })
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
  if (isPlainData(value, context.strict === true)) {
    try {
      return packed(toBytes(value), BYTES)
    } catch {
      // the walk finds out where
    }
  }
  return packCopy(value, context, false)
}

function packCopy(value: unknown, context: PackContext, live: boolean): Packed {
  const encoder = new Encoder(context, { budget: Infinity, live })
  try {
    return seal(encoder.encode(value), encoder, value)
  } catch (error) {
    if (error === NEEDS_LIVE) return packCopy(value, context, true)
    throw asError(error, encoder)
  }
}

/** Makes of a walk's result what is sent. */
function seal(data: unknown, encoder: Encoder, value: unknown): Packed {
  numberSignals(encoder)
  try {
    return finish(data, encoder)
  } catch (error) {
    const options = { budget: Infinity, live: encoder.options.live, probe: probeOf(encoder) }
    return sealProbed(value, encoder, options, error)
  }
}

function sealProbed(value: unknown, { context, signals }: Encoder, options: EncoderOptions, reason: unknown): Packed {
  const encoder = new Encoder(context, options)
  try {
    const data = encoder.encode(value)
    encoder.signals?.forEach((marker, signal) => (marker.signal = signals?.get(signal)?.signal ?? -1))
    return finish(data, encoder)
  } catch (error) {
    throw error instanceof say.Refusal ? error.toError(context) : atRoot(reason, context)
  }
}

function finish(data: unknown, encoder: Encoder): Packed {
  const flags = encoder.coded ? CODED : PLAIN
  const classes = encoder.classes && [...encoder.classes]
  if (encoder.options.live) {
    const transfer = [...(encoder.transfers ?? [])]
    // moved at once, as postMessage does: the caller sees it now, and not whenever the call is sent
    const [clone, moved] = host.structuredClone([data, transfer] as const, { transfer })
    return packed(clone, flags | LIVE, moved.length > 0 ? [...moved] : undefined, classes)
  }
  const asBytes = encoder.bytes || encoder.context.bytes === true || encoder.nodes > BUDGET
  return packed(asBytes ? toBytes(data) : data, asBytes ? flags | BYTES : flags, undefined, classes)
}

function numberSignals({ signals, context }: Encoder): void {
  signals?.forEach((marker, signal) => (marker.signal = context.signals?.add(signal) ?? -1))
}

function probeOf(encoder: Encoder): (leaf: object) => void {
  if (!encoder.options.live) return (leaf) => void toBytes(leaf)
  const moved = encoder.transfers ?? new Set<unknown>()
  return (leaf) => {
    if (!moved.has(leaf) && !(ArrayBuffer.isView(leaf) && moved.has(leaf.buffer))) host.structuredClone(leaf)
  }
}

function asError(error: unknown, encoder: Encoder): unknown {
  if (error instanceof say.Refusal) return error.toError(encoder.context)
  if (error instanceof say.SerializationError || error instanceof CancelledError) return error
  const refusal = say.isOutOfStack(error)
    ? new say.Refusal(say.TOO_DEEP, say.FLATTEN, [], error)
    : encoder.refusal(say.unreadable(error), say.READABLE, error)
  return refusal.toError(encoder.context)
}

function atRoot(reason: unknown, context: PackContext): unknown {
  return new say.Refusal(say.refusedByEngine(reason), '', [], reason).toError(context)
}
