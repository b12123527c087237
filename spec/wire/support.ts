import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import * as v8 from 'node:v8'
import { pack, unpack, type PackContext, type Packed, type UnpackContext } from '../../src/wire/values'

export const thread: PackContext = { root: 'result', kind: 'thread' }
export const process: PackContext = { root: 'result', kind: 'process' }

/** Carries packed data to the other side like a channel of that kind. */
export function carry(packed: Packed, kind: PackContext['kind']): unknown {
  if (kind === 'process') return v8.deserialize(v8.serialize(packed.data))
  const { port1, port2 } = new MessageChannel()
  try {
    port1.postMessage(packed.data, packed.transfer)
    return receiveMessageOnPort(port2)?.message
  } finally {
    port1.close()
  }
}

export function roundTrip(value: unknown, context: PackContext = thread, unpackContext: UnpackContext = {}): unknown {
  const packed = pack(value, context)
  return unpack(carry(packed, context.kind), packed.flags, unpackContext)
}

export function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('Nothing was thrown')
}
