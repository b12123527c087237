/** What a body threw, on its way to the caller. */
import { types } from 'node:util'
import { SerializationError } from '../errors'
import { host } from '../utils/realm'
import { messageOf, summary } from '../utils/text'
import { put, type ErrorMarker } from './markers'
import { CODED, type PackContext, type Packed, type UnpackContext } from './packed'
import { packed } from './packing'
import { textOf } from './error-codec'
import { pack, unpack } from './values'

/** An error as plain data. */
export type PackedError = ErrorMarker

/** Packs anything that can be thrown. Never throws: what of it cannot cross is left out, or described. */
export function packThrown(thrown: unknown, context: PackContext): Packed {
  try {
    return pack(thrown, { ...context, strict: false })
  } catch (error) {
    return packed(describe(thrown, error), CODED)
  }
}

/**
 * Packs the reason of an abort. It travels in a control message, which moves and shares nothing. Never throws: a reason
 * that cannot cross becomes text.
 */
export function packReason(reason: unknown): Packed {
  try {
    return pack(reason, { root: 'reason', kind: 'process' })
  } catch {
    return packed(types.isNativeError(reason) ? textOf(reason) : messageOf(reason), CODED)
  }
}

/** What was thrown: an error of this realm with the remote stack as `stack` and `traceback`, or any other value. */
export function unpackThrown(data: unknown, flags: number, context: UnpackContext): unknown {
  const thrown = unpack(data, flags, context)
  if (types.isNativeError(thrown) || thrown instanceof Error || thrown instanceof host.Error) trace(thrown)
  return thrown
}

function trace(error: Error): void {
  try {
    const { stack } = error as { stack?: unknown } // `Error.prepareStackTrace` may give anything
    if (typeof stack === 'string') put(error, 'traceback', stack, false)
  } catch {
    // a class of the user's made a frozen one
  }
}

/** Where the value stands that cannot be sent; hooks of the user's may have thrown something else. */
const pathOf = (reason: unknown): string => (reason instanceof SerializationError ? reason.path : '')

function describe(thrown: unknown, reason: unknown): PackedError {
  if (types.isNativeError(thrown)) return { ...textOf(thrown), omitted: propertiesOf(thrown) }
  const what = `A body threw ${summary(thrown)}, which cannot be sent`
  const error = new SerializationError(`${what}. Throw an Error, or data.`, pathOf(reason))
  return { ...textOf(error), props: { code: error.code, path: error.path } }
}

function propertiesOf(error: Error): string[] | undefined {
  const names = Object.getOwnPropertyNames(error).filter((name) => name !== 'message' && name !== 'stack')
  return names.length > 0 ? names : undefined
}
