/** Values on their way to and from a worker. */
import { isForeign } from '../utils/realm'
import { fromBytes } from './bytes'
import { isPrimitive } from './markers'
import { BYTES, CODED, PLAIN, type PackContext, type Packed, type UnpackContext } from './packed'
import { packed, packObject } from './packing'
import { isOutOfStack, tooDeepToRead } from './refusals'
import { adoptPrototypes } from './realm-prototypes'
import { Revival } from './revive'

export * from './packed'

/**
 * Packs the arguments of a call, as they are now. The array itself must not be changed afterwards.
 *
 * @throws SerializationError with the path of the first value that cannot cross.
 */
export function packArgs(args: unknown[], context: PackContext): Packed {
  for (let i = 0; i < args.length; i++) if (!isPrimitive(args[i])) return packObject(args, context)
  return packed(args, PLAIN)
}

/**
 * Packs any value, as it is now.
 *
 * @throws SerializationError with the path of the first value that cannot cross.
 */
export function pack(value: unknown, context: PackContext): Packed {
  return isPrimitive(value) ? packed(value, PLAIN) : packObject(value, context)
}

/**
 * The value again, in this realm. `data` is used up: it may become part of the value.
 *
 * @throws SerializationError where it is nested too deeply for the stack here, which may be smaller than the sender's
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
  const raw = (flags & BYTES) !== 0 ? fromBytes(data as Uint8Array) : data
  const value = isForeign ? adoptPrototypes(raw) : raw
  return (flags & CODED) !== 0 ? new Revival(context).revive(value) : value
}
