/**
 * What one call sends to its worker: the method, a snapshot of `this` (its own fields), the arguments.
 *
 * `AbortSignal`s among the arguments stay connected: see `live-signals.ts`.
 */
import type { CallSpan } from '../diagnostics/call-span'
import { dispatchedMethod, type DispatchedMethod, type Payload } from '../dispatch/call'
import type { CallerStack } from '../dispatch/caller-stack'
import { fieldSourceOf, type FieldSourceRef } from '../registry/field-sources'
import { loggerClassRef } from '../registry/logger-class'
import { isPropagating } from '../registry/propagation'
import type { Registration } from '../registry/registrations'
import { summary } from '../utils/text'
import { packFields } from '../wire/fields'
import { callFlags, type AbsentField, type CallExtra } from '../wire/call-batch'
import type { WorkerMessage } from '../wire/messages'
import { serialize } from '../wire/serializable'
import {
  arePrimitives,
  pack,
  packArgs,
  packElements,
  packNumbers,
  PLAIN,
  type PackContext,
  type Packed,
} from '../wire/values'
import type { LiveSignals } from './live-signals'
import { packStores, type PackedStores } from './packed-stores'
import type { BodyOptions, Invocation } from './schedulable'

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
  readonly elementIndex?: number
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
  invocation: Invocation,
  signals: LiveSignals | undefined,
  shape: CallShape,
): Payload {
  const { registration, self, args, options } = invocation
  const { far } = shape
  const method = dispatchedMethod(registration, self)
  const packedSelf = packSelf({ method, registration, self, options, kind, elementIndex: shape.elementIndex, far })
  const stores = isPropagating()
    ? packStores({ kind, of: textOf(method.label, options.name, shape.elementIndex), far })
    : undefined
  const needsContext = packedSelf.classes || packedSelf.keepAlive || packedSelf.transfer || stores
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
  const { transfer: moved, elementIndex } = shape
  const of = textOf(method.label, options.name, elementIndex)
  const context: PackContext = { root: 'args', of, kind, signals, moved: moved as PackContext['moved'], far }
  const packedArgs = (shape.chunk ? packElements : packArgs)(args, context) // last: packing may move objects, so nothing may fail after it
  return {
    method,
    flags: callFlags(packedSelf.flags, packedArgs.flags),
    self: packedSelf.data,
    args: packedArgs.data,
    extra: extraOf(shape, packedSelf, stores, joined(packedSelf.classes, packedArgs.classes)),
    transfer: joined(packedSelf.transfer, packedArgs.transfer),
    keepAlive: joined(joined(packedSelf.keepAlive, context.keepAlive), stores?.keepAlive),
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

/** The packed state of `this`, and what the worker has to know of it. */
export interface PackedSelf extends Packed {
  readonly custom?: boolean
  /** Fields that were left out, and what they hold. */
  readonly absent?: readonly AbsentField[]
  /** Where the worker finds its own values of the absent fields. */
  readonly fields?: FieldSourceRef
  /** Objects that are sent by id only. */
  readonly keepAlive?: object[]
}

/** What is packed, and for which call. */
interface SelfOfCall {
  readonly method: DispatchedMethod
  readonly registration: Registration
  readonly self: unknown
  readonly options: BodyOptions
  readonly kind: 'thread' | 'process'
  readonly elementIndex: number | undefined
  readonly far?: boolean
}

/** The fields of an instance, all primitives, and what they are sent as: an object that is never changed. */
interface SentFields {
  readonly names: readonly string[]
  readonly values: readonly unknown[]
  readonly packed: PackedSelf
}

const NO_STATE: PackedSelf = Object.freeze({ data: undefined, flags: PLAIN })
/** Longer texts are not remembered: they would stay in memory with the method. */
const MAX_TEXT = 256

/** The last fields of each method that were sent. Most calls of a method send the same fields again. */
const lastFields = new WeakMap<DispatchedMethod, SentFields>()

/**
 * Packs a snapshot of the own fields of an instance. Fields that cannot be sent are listed as absent, with the reason.
 *
 * @throws what the class's own `[serialize]` throws
 */
export function packSelf(of: SelfOfCall): PackedSelf {
  const { registration, self, options } = of
  if (registration.key.holder !== 'instance' || typeof self !== 'object' || self === null) return NO_STATE
  const own = (self as Record<symbol, unknown>)[serialize]
  if (typeof own === 'function') return packCustom(of, () => Reflect.apply(own, self, []) as unknown)
  const names = Object.keys(self)
  if (names.length === 0) return NO_STATE
  if (options.state !== 'snapshot') return packNamed(of, names, options.state)
  const [values, missing] = read(self, names)
  if (missing || !arePrimitives(values)) return packValues(of, names, values, missing)
  return samePacked(of.method, names, values) ?? remember(of, names, values)
}

function packCustom(of: SelfOfCall, state: () => unknown): PackedSelf {
  const context = contextOf(of)
  return { ...pack(state(), context), custom: true, keepAlive: context.keepAlive }
}

/** Packs the fields that the option `state` names. */
function packNamed(of: SelfOfCall, all: readonly string[], state: 'none' | readonly string[]): PackedSelf {
  const names = all.filter((name) => state !== 'none' && state.includes(name))
  const left = all.filter((name) => !names.includes(name))
  const [values, missing = []] = read(of.self as object, names)
  return packValues(of, names, values, [
    ...left.map((name) => [name, 'left out by the option `state`'] as const),
    ...missing,
  ])
}

/** The values of the fields, and the fields whose getter threw. */
function read(self: object, names: readonly string[]): [values: unknown[], missing: AbsentField[] | undefined] {
  const values: unknown[] = []
  let missing: AbsentField[] | undefined
  for (const name of names) {
    try {
      values.push((self as Record<string, unknown>)[name])
    } catch (error) {
      values.push(undefined)
      ;(missing ??= []).push([name, `a getter that threw ${summary(error)}`])
    }
  }
  return [values, missing]
}

function packValues(
  of: SelfOfCall,
  names: readonly string[],
  values: readonly unknown[],
  missing: readonly AbsentField[] = [],
): PackedSelf {
  const fields: Record<string, unknown> = {}
  names.forEach((name, index) => {
    if (!missing.some(([field]) => field === name)) fields[name] = values[index]
  })
  const context = contextOf(of)
  const { packed, absent } = packFields(fields, context)
  const left = [...absent.map((field) => withLoggerClass(of, field)), ...missing]
  if (left.length === 0) return { ...packed, keepAlive: context.keepAlive }
  return { ...packed, keepAlive: context.keepAlive, absent: left, fields: sourceOf(of.self as object, left) }
}

/** A worker takes the class of a logger from the package, unless another file has it. */
function withLoggerClass({ self, registration }: SelfOfCall, field: AbsentField): AbsentField {
  const [name, description, logger] = field
  const cls = logger && loggerClassRef((self as Record<string, object>)[name]?.constructor, registration.key.module)
  return cls === undefined ? field : [name, description, { ...logger, cls }]
}

/** A logger is created again in the worker, without a source. */
function sourceOf(self: object, absent: readonly AbsentField[]): FieldSourceRef | undefined {
  return absent.some(([, , logger]) => logger === undefined) ? fieldSourceOf(self) : undefined
}

/** The packed fields of the last call of the method, if this one has the same. */
function samePacked(
  method: DispatchedMethod,
  names: readonly string[],
  values: readonly unknown[],
): PackedSelf | undefined {
  const last = lastFields.get(method)
  if (last?.names.length !== names.length) return undefined
  for (let index = 0; index < names.length; index++) {
    if (last.names[index] !== names[index] || !Object.is(last.values[index], values[index])) return undefined
  }
  return last.packed
}

function remember(of: SelfOfCall, names: readonly string[], values: readonly unknown[]): PackedSelf {
  const packed = packValues(of, names, values)
  if (values.every((value) => typeof value !== 'string' || value.length <= MAX_TEXT))
    lastFields.set(of.method, { names, values, packed })
  return packed
}

function contextOf({ method, options, kind, elementIndex, far }: SelfOfCall): PackContext {
  return { root: 'this', of: textOf(method.label, options.name, elementIndex), kind, strict: true, far }
}

/** The name of the call in messages. */
export function textOf(label: string, name: string | undefined, elementIndex: number | undefined): string {
  const text = name === undefined ? label : `'${name}' (${label})`
  return elementIndex === undefined ? text : `${text} (item ${elementIndex} of map)`
}
