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
import { Walk, type WalkOptions } from './walk'

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
  const walk = new Walk(context, { budget: BUDGET, live: false })
  let data: unknown
  try {
    data = walk.encode(value)
  } catch (error) {
    if (error === OVER_BUDGET) return packLarge(value, context)
    if (error === NEEDS_LIVE) return packCopy(value, context, true)
    throw asError(error, walk)
  }
  if (!walk.bytes && !walk.coded) return packed(data, PLAIN)
  return seal(data, walk, value)
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
  const walk = new Walk(context, { budget: Infinity, live })
  try {
    return seal(walk.encode(value), walk, value)
  } catch (error) {
    if (error === NEEDS_LIVE) return packCopy(value, context, true)
    throw asError(error, walk)
  }
}

/** Makes of a walk's result what is sent. */
function seal(data: unknown, walk: Walk, value: unknown): Packed {
  numberSignals(walk)
  try {
    return finish(data, walk)
  } catch (error) {
    const options = { budget: Infinity, live: walk.options.live, probe: probeOf(walk) }
    return sealProbed(value, walk, options, error)
  }
}

function sealProbed(value: unknown, { context, signals }: Walk, options: WalkOptions, reason: unknown): Packed {
  const walk = new Walk(context, options)
  try {
    const data = walk.encode(value)
    walk.signals?.forEach((marker, signal) => (marker.signal = signals?.get(signal)?.signal ?? -1))
    return finish(data, walk)
  } catch (error) {
    throw error instanceof say.Refusal ? error.toError(context) : atRoot(reason, context)
  }
}

function finish(data: unknown, walk: Walk): Packed {
  const flags = walk.coded ? CODED : PLAIN
  const classes = walk.classes && [...walk.classes]
  if (walk.options.live) {
    const transfer = [...(walk.transfers ?? [])]
    // moved at once, as postMessage does: the caller sees it now, and not whenever the call is sent
    const [clone, moved] = host.structuredClone([data, transfer] as const, { transfer })
    return packed(clone, flags | LIVE, moved.length > 0 ? [...moved] : undefined, classes)
  }
  const asBytes = walk.bytes || walk.context.bytes === true || walk.nodes > BUDGET
  return packed(asBytes ? toBytes(data) : data, asBytes ? flags | BYTES : flags, undefined, classes)
}

function numberSignals({ signals, context }: Walk): void {
  signals?.forEach((marker, signal) => (marker.signal = context.signals?.add(signal) ?? -1))
}

function probeOf(walk: Walk): (leaf: object) => void {
  if (!walk.options.live) return (leaf) => void toBytes(leaf)
  const moved = walk.transfers ?? new Set<unknown>()
  return (leaf) => {
    if (!moved.has(leaf) && !(ArrayBuffer.isView(leaf) && moved.has(leaf.buffer))) host.structuredClone(leaf)
  }
}

function asError(error: unknown, walk: Walk): unknown {
  if (error instanceof say.Refusal) return error.toError(walk.context)
  if (error instanceof say.SerializationError || error instanceof CancelledError) return error
  const refusal = say.isOutOfStack(error)
    ? new say.Refusal(say.TOO_DEEP, say.FLATTEN, [], error)
    : walk.refusal(say.unreadable(error), say.READABLE, error)
  return refusal.toError(walk.context)
}

function atRoot(reason: unknown, context: PackContext): unknown {
  return new say.Refusal(say.refusedByEngine(reason), '', [], reason).toError(context)
}
