/**
 * What one call sends to its worker: the method, a snapshot of `this`, the arguments.
 *
 * `AbortSignal`s among the arguments stay connected: see `live-signals.ts`.
 */
import type { Payload } from '../dispatch/call'
import type { CallerStack } from '../dispatch/caller-stack'
import { dispatchedMethod } from '../dispatch/dispatched-method'
import type { Registration } from '../registry/registrations'
import { summary } from '../utils/text'
import { packFields } from '../wire/fields'
import { callFlags, type CallExtra, type WorkerMessage } from '../wire/messages'
import { serialize } from '../wire/serializable'
import { pack, packArgs, packElements, PLAIN, type PackContext, type Packed } from '../wire/values'
import type { LiveSignals } from './live-signals'
import type { BodyRequest, StateOption } from './schedulable'

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
}

interface PackedSelf extends Partial<Packed> {
  readonly custom?: boolean
  readonly absent?: ReadonlyArray<readonly [field: string, description: string]>
}

const NO_STATE: PackedSelf = Object.freeze({ data: undefined, flags: PLAIN })

/**
 * Packs `this` and the arguments.
 *
 * @throws {SerializationError} an argument cannot be sent; {@link CancelledError} a signal among the arguments has
 * aborted already; what the class's own `[serialize]` throws
 */
export function makePayload(
  kind: 'thread' | 'process',
  request: BodyRequest,
  signals: LiveSignals,
  { stream, chunk, item, workerData, transfer: moved }: CallShape,
): Payload {
  const { registration, self, args, options } = request
  const method = dispatchedMethod(registration, self)
  const of = textOf(method.label, options.name, item)
  const selfContext: PackContext = { root: 'this', of, kind, strict: true }
  const packedSelf = packSelf(registration, self, options.state, selfContext)
  const context: PackContext = { root: 'args', of, kind, signals, moved: moved as PackContext['moved'] }
  const packedArgs = (chunk ? packElements : packArgs)(args, context) // last: packing may move objects, so nothing may fail after it
  const classes = joined(packedSelf.classes, packedArgs.classes)
  const { absent, custom } = packedSelf
  const extra: CallExtra | undefined =
    stream || chunk || classes || absent || custom || workerData
      ? { stream, chunk, classes, absent, custom, workerData }
      : undefined
  return {
    method,
    flags: callFlags(packedSelf.flags ?? 0, packedArgs.flags),
    self: packedSelf.data,
    args: packedArgs.data,
    extra,
    transfer: joined(packedSelf.transfer, packedArgs.transfer),
    keepAlive: joined(selfContext.kept, context.kept),
  }
}

/**
 * Packs a snapshot of the own fields of an instance. Fields that cannot be sent are listed as absent, with the reason.
 *
 * @throws what the class's own `[serialize]` throws
 */
function packSelf(registration: Registration, self: unknown, state: StateOption, context: PackContext): PackedSelf {
  if (registration.key.holder !== 'instance' || typeof self !== 'object' || self === null) return NO_STATE
  const own = (self as Record<symbol, unknown>)[serialize]
  if (typeof own === 'function') return { ...pack(Reflect.apply(own, self, []), context), custom: true }
  const names = Object.keys(self)
  if (names.length === 0) return NO_STATE
  const wanted = state === 'snapshot' ? names : names.filter((name) => state !== 'none' && state.includes(name))
  const missing = state === 'snapshot' ? [] : leftOut(names, wanted)
  const fields: Record<string, unknown> = {}
  for (const name of wanted) {
    try {
      fields[name] = (self as Record<string, unknown>)[name]
    } catch (error) {
      missing.push([name, `a getter that threw ${summary(error)}`])
    }
  }
  const { packed, absent = [] } = packFields(fields, context)
  return absent.length + missing.length === 0 ? packed : { ...packed, absent: [...absent, ...missing] }
}

function leftOut(names: readonly string[], wanted: readonly string[]): Array<readonly [string, string]> {
  return names.filter((name) => !wanted.includes(name)).map((name) => [name, 'left out by the option `state`'])
}

/** The name of the call in messages. */
function textOf(label: string, name: string | undefined, item: number | undefined): string {
  const text = name === undefined ? label : `'${name}' (${label})`
  return item === undefined ? text : `${text} (item ${item} of map)`
}

function joined<T>(a: readonly T[] | undefined, b: readonly T[] | undefined): T[] | undefined {
  if (!a?.length) return b?.length ? [...b] : undefined
  return b?.length ? [...a, ...b] : [...a]
}
