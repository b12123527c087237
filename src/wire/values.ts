/**
 * Packing and unpacking of values that are sent to and from workers: arguments, results, `this`, stream items.
 *
 *   sender                                                        receiver
 *   pack ──► primitives, small plain data ─────────── PLAIN ────► as it is
 *        ──► copy with markers (encoding/encoder) ─── CODED ────► decoder: values again
 *        ──► made bytes by V8 (encoding/bytes),
 *            large memory beside them ─────────────── BYTES ────► read, then decoded if CODED
 *        ──► cloned, partly moved (threads) ───────── LIVE ─────► received by `postMessage`, then decoded if CODED
 */
import { isForeign } from '../utils/realm'
import { fromBytes, type Bytes } from './encoding/bytes'
import { Decoder } from './encoding/decoder'
import { isPrimitive } from './encoding/markers'
import { packed, packObject } from './encoding/packing'
import { adoptPrototypes } from './encoding/realm-prototypes'
import { isOutOfStack, tooDeepToRead } from './encoding/refusals'
import { BYTES, CODED, PLAIN, type PackContext, type Packed, type UnpackContext } from './packed'

export * from './packed'

/**
 * Packs the arguments of a call as they are now. The caller must not change the array itself afterwards.
 *
 * @throws SerializationError with the path of the first value that cannot be sent.
 */
export function packArgs(args: unknown[], context: PackContext): Packed {
  return arePrimitives(args) ? packed(args, PLAIN) : packObject(args, context)
}

/** Whether the values need no packing. */
export function arePrimitives(values: readonly unknown[]): boolean {
  for (let i = 0; i < values.length; i++) {
    const type = typeof values[i] // most values are numbers or texts, and need no call of `isPrimitive`
    if (type !== 'number' && type !== 'string' && !isPrimitive(values[i])) return false
  }
  return true
}

/** Packs the arguments of all elements of a chunk, as {@link packArgs} does. Numbers become a typed array: one copy. */
export function packElements(args: unknown[], context: PackContext): Packed {
  const numbers = packNumbers(args)
  return numbers === args ? packArgs(args, context) : packed(numbers, PLAIN)
}

/** Values that are all numbers, as one array of them; any others as they are. */
export function packNumbers(values: unknown[]): unknown[] | Float64Array {
  for (let i = 0; i < values.length; i++) if (typeof values[i] !== 'number') return values
  return new Float64Array(values as number[])
}

/**
 * Packs any value as it is now.
 *
 * @throws SerializationError with the path of the first value that cannot be sent.
 */
export function pack(value: unknown, context: PackContext): Packed {
  return isPrimitive(value) ? packed(value, PLAIN) : packObject(value, context)
}

/**
 * Restores a value in this realm. `data` must not be used afterwards: it may become part of the value.
 *
 * @throws SerializationError if it is nested too deeply for the stack here, which may be smaller than the sender's
 */
export function unpack(data: unknown, flags: number, context: UnpackContext): unknown {
  if (flags === PLAIN && !isForeign) return data
  try {
    return read(data, flags, context)
  } catch (error) {
    throw isOutOfStack(error) ? tooDeepToRead(error) : error
  }
}

function read(data: unknown, flags: number, context: UnpackContext): unknown {
  const raw = (flags & BYTES) !== 0 ? fromBytes(data as Bytes) : data
  const value = isForeign ? adoptPrototypes(raw) : raw
  return (flags & CODED) !== 0 ? new Decoder(context).decode(value) : value
}
