/** Functions that are sent by name because the other side can find them. Higher layers register the codec. */
import type { Encoder, OMITTED } from './encoding/encoder'
import { MARK, type FunctionMarker } from './encoding/markers'
import * as say from './encoding/refusals'
import { addClass } from './encoding/serializable-codec'

export interface FunctionCodec {
  /**
   * The key that names the function, as plain data, and the id that the receiver loads before it unpacks.
   *
   * @param far for another machine
   */
  encode(fn: Function, far: boolean): { readonly key: unknown; readonly id: string } | undefined
  decode(key: unknown): Function
}

let codec: FunctionCodec | undefined

export function useFunctionCodec(chosen: FunctionCodec): void {
  codec = chosen
}

export function encodeFunction(fn: Function, encoder: Encoder): FunctionMarker | typeof OMITTED {
  const name = codec?.encode(fn, encoder.context.far ?? false)
  if (!name) return encoder.refuse(say.cannotBeCloned('function'), say.REMEDIES.function)
  addClass(name.id, encoder)
  return encoder.mark(fn, { [MARK]: 'function', key: name.key })
}

export function functionOf(key: unknown): Function {
  if (codec) return codec.decode(key)
  throw new TypeError('Cannot rebuild a function: no codec knows functions here.')
}
