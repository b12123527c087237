/** Functions that cross by name: those that the other side can find. Which these are, the layers above know. */
import { MARK, type FunctionMarker } from './markers'
import * as say from './refusals'
import { addClass } from './serializable-codec'
import type { OMITTED } from './stops'
import type { Encoder } from './encoder'

export interface FunctionCodec {
  /** What names the function, as plain data, and the id that a worker resolves before it unpacks. */
  encode(fn: Function): { readonly key: unknown; readonly id: string } | undefined
  decode(key: unknown): Function
}

let codec: FunctionCodec | undefined

export function useFunctionCodec(chosen: FunctionCodec): void {
  codec = chosen
}

export function encodeFunction(fn: Function, encoder: Encoder): FunctionMarker | typeof OMITTED {
  const name = codec?.encode(fn)
  if (!name) return encoder.refuse(say.cannotBeCloned('function'), say.REMEDIES.function)
  addClass(name.id, encoder)
  return encoder.mark(fn, { [MARK]: 'function', key: name.key })
}

export function functionOf(key: unknown): Function {
  if (codec) return codec.decode(key)
  throw new TypeError('Cannot rebuild a function: no codec knows functions here.')
}
