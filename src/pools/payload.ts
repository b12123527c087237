/**
 * What one call sends to its worker: the method, a snapshot of `this`, the arguments.
 *
 * `AbortSignal`s among the arguments stay connected: see `live-signals.ts`.
 */
import type { CallSpan } from '../diagnostics/call-span'
import type { Payload } from '../dispatch/call'
import type { CallerStack } from '../dispatch/caller-stack'
import { dispatchedMethod } from '../dispatch/dispatched-method'
import { isPropagating } from '../registry/propagation'
import { callFlags, type CallExtra, type WorkerMessage } from '../wire/messages'
import { packArgs, packElements, packNumbers, PLAIN, type PackContext } from '../wire/values'
import type { LiveSignals } from './live-signals'
import { packSelf, textOf, type PackedSelf } from './pack-self'
import { packStores, type PackedStores } from './packed-stores'
import type { BodyRequest } from './schedulable'

/** How a call differs from one body with one result. */
export interface CallShape {
  /** The body is an async generator; its values are sent as events. */
  readonly stream?: boolean
  /** The call runs a chunk of a map: number of arguments of each element. */
  readonly chunk?: number
  /** Receives the events of the call: stream items, elements. */
  readonly onEvent?: (message: WorkerMessage) => void
  /** Objects to move instead of copying them, in threads. */
  readonly transfer?: readonly unknown[]
  /** The last argument, an object, gets the value that the initializer returned. */
  readonly workerData?: boolean
  /** For messages: index of the element, if the chunk has only one. */
  readonly item?: number
  /** Where the call was made, if that was recorded already. */
  readonly caller?: CallerStack
  /** The OpenTelemetry span of the call, if calls are traced. */
  readonly span?: CallSpan
  /** The call is for another machine. */
  readonly far?: boolean
}

/**
 * Packs `this` and the arguments.
 *
 * @param signals takes the signals among the arguments; `undefined` if all arguments are primitives
 * @throws {SerializationError} an argument cannot be sent; {@link CancelledError} a signal among the arguments has
 * aborted already; what the class's own `[serialize]` throws
 */
export function makePayload(
  kind: 'thread' | 'process',
  request: BodyRequest,
  signals: LiveSignals | undefined,
  shape: CallShape,
): Payload {
  const { registration, self, args, options } = request
  const { far } = shape
  const method = dispatchedMethod(registration, self)
  const packedSelf = packSelf({ method, registration, self, options, kind, item: shape.item, far })
  const stores = isPropagating()
    ? packStores({ kind, of: textOf(method.label, options.name, shape.item), far })
    : undefined
  const needsContext = packedSelf.classes || packedSelf.kept || packedSelf.transfer || stores
  if (signals === undefined && !shape.transfer && !needsContext) {
    const extra = extraOf(shape, packedSelf, undefined, undefined)
    return {
      method,
      flags: callFlags(packedSelf.flags, PLAIN),
      self: packedSelf.data,
      args: shape.chunk ? packNumbers(args) : args,
      extra,
      transfer: undefined,
    }
  }
  const { transfer: moved, item } = shape
  const of = textOf(method.label, options.name, item)
  const context: PackContext = { root: 'args', of, kind, signals, moved: moved as PackContext['moved'], far }
  const packedArgs = (shape.chunk ? packElements : packArgs)(args, context) // last: packing may move objects, so nothing may fail after it
  return {
    method,
    flags: callFlags(packedSelf.flags, packedArgs.flags),
    self: packedSelf.data,
    args: packedArgs.data,
    extra: extraOf(shape, packedSelf, stores, joined(packedSelf.classes, packedArgs.classes)),
    transfer: joined(packedSelf.transfer, packedArgs.transfer),
    keepAlive: joined(joined(packedSelf.kept, context.kept), stores?.kept),
  }
}

function extraOf(
  { stream, chunk, workerData, span }: CallShape,
  { absent, fields, custom }: PackedSelf,
  propagated: PackedStores | undefined,
  classes: string[] | undefined,
): CallExtra | undefined {
  const trace = span?.carrier()
  if (!(stream || chunk || classes || absent || custom || workerData || propagated || trace)) return undefined
  const needed = joined(classes, propagated?.classes)
  return { stream, chunk, classes: needed, absent, fields, stores: propagated?.stores, trace, custom, workerData }
}

function joined<T>(a: readonly T[] | undefined, b: readonly T[] | undefined): T[] | undefined {
  if (!a?.length) return b?.length ? [...b] : undefined
  return b?.length ? [...a, ...b] : [...a]
}
