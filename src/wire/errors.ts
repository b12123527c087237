/** Packing and unpacking of what a body threw, and of the reasons of aborts. */
import { types } from 'node:util'
import { SerializationError } from '../errors'
import { host } from '../utils/realm'
import { messageOf, summary } from '../utils/text'
import { textOf } from './encoding/error-codec'
import { put, type ErrorMarker } from './encoding/markers'
import { packed } from './encoding/packing'
import { CODED, type PackContext, type Packed, type UnpackContext } from './packed'
import { pack, unpack } from './values'

/** An error as plain data. */
export type PackedError = ErrorMarker

/** Packs anything that can be thrown. Never throws: parts that cannot be sent are left out, or described. */
export function packThrown(thrown: unknown, context: PackContext): Packed {
  try {
    return pack(thrown, { ...context, strict: false })
  } catch (error) {
    return packed(describe(thrown, error), CODED)
  }
}

/**
 * Packs the reason of an abort for a control message, which can neither move nor share memory. Never throws: a reason
 * that cannot be sent becomes text.
 */
export function packReason(reason: unknown): Packed {
  try {
    return pack(reason, { root: 'reason', kind: 'process' })
  } catch {
    return packed(types.isNativeError(reason) ? textOf(reason) : messageOf(reason), CODED)
  }
}

/** Restores what was thrown: an error of this realm with the remote stack as `stack` and `traceback`, or any value. */
export function unpackThrown(data: unknown, flags: number, context: UnpackContext): unknown {
  const thrown = unpack(data, flags, context)
  if (types.isNativeError(thrown) || thrown instanceof Error || thrown instanceof host.Error) addTraceback(thrown)
  return thrown
}

function addTraceback(error: Error): void {
  try {
    const { stack } = error as { stack?: unknown } // `Error.prepareStackTrace` may return any value
    if (typeof stack === 'string') put(error, 'traceback', stack, false)
  } catch {
    // `[deserialize]` returned a frozen error
  }
}

/** The path of the value that cannot be sent. User hooks may have thrown another error, which has none. */
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
