/** From what to run to a call of a pool: what is sent. */
import { CancelledError, PebbleError } from '../errors'
import { Call, type CallLimits, type Payload } from '../dispatch/call'
import { recordCaller, type CallerStack } from '../dispatch/caller-stack'
import { dispatchedMethod } from '../dispatch/dispatched-method'
import { Future, settledFromOutside, type Flavour } from '../futures/future'
import { ProcessFuture } from '../futures/process-future'
import type { Registration } from '../registry/registrations'
import { atCaller } from '../utils/user-frames'
import { callFlags, type CallExtra, type WorkerMessage } from '../wire/messages'
import { packArgs, type PackContext } from '../wire/values'
import { LiveSignals } from './live-signals'
import { packSelf, type StateOption } from './pack-self'
import type { Pool } from './pool'
import { assertInstance } from './schedulable'

export interface BodyOptions {
  readonly flavour: Flavour
  readonly state: StateOption
  /** For messages. */
  readonly name?: string
}

/** What to run. */
export interface BodyRequest {
  readonly registration: Registration
  readonly self: unknown
  readonly args: unknown[]
  readonly options: BodyOptions
}

/** What makes a call more than one body with one result. */
export interface CallShape {
  readonly stream?: boolean
  /** Arguments of each element of a chunk. */
  readonly chunk?: number
  readonly onEvent?: (message: WorkerMessage) => void
  readonly transfer?: readonly unknown[]
  /** The last argument, an object, gets what the initializer gave. */
  readonly workerData?: boolean
  /** Number of the only element of a chunk, for messages. */
  readonly item?: number
  /** Where it was asked for, if that was recorded already. */
  readonly caller?: CallerStack
}

const PLAIN_CALL: CallShape = {}

/**
 * Makes the call and hands it to the pool.
 *
 * @throws {TypeError} a method without its instance; {@link SerializationError} an argument cannot cross; {@link PoolError} the pool takes no calls;
 * {@link CancelledError} a signal among the arguments has aborted already
 */
export function submitTo(
  pool: Pool,
  request: BodyRequest,
  number: number,
  limits: CallLimits,
  shape: CallShape = PLAIN_CALL,
): Call {
  assertInstance(request)
  pool.assertOpen(shape.chunk !== undefined)
  if (!shape.chunk) pool.assertRoom() // a map takes no more than its `buffer` anyway
  const signals = new LiveSignals(request.registration)
  const payload = makePayload(pool.kind, request, signals, shape)
  const call = new Call({
    kind: pool.kind,
    name: request.options.name,
    flavour: request.options.flavour,
    number,
    limits,
    payload,
    caller: shape.caller ?? recordCaller(),
    onEvent: shape.onEvent,
  })
  pool.dispatcher.submit(call)
  signals.watch(call, pool.dispatcher)
  return call
}

/** A future that has failed before anything was sent. */
export function failedFuture(
  options: { readonly kind: Pool['kind']; readonly flavour: Flavour },
  number: number,
  error: unknown,
): Future<unknown> {
  const Kind = options.kind === 'process' ? ProcessFuture : Future
  const future = new Kind<unknown>(settledFromOutside, undefined, number, undefined, options.flavour)
  const cancelled = error instanceof CancelledError
  if (error instanceof PebbleError) atCaller(error)
  if (cancelled) future.markHandled()
  Future.settle(future, cancelled ? 'cancelled' : 'failed', error)
  return future
}

function makePayload(
  kind: Pool['kind'],
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
  const packedArgs = packArgs(args, context) // last: it may move what is in it, and nothing may fail after that
  const classes = joined(packedSelf.classes, packedArgs.classes)
  const transferred = joined(packedSelf.transfer, packedArgs.transfer)
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
    transfer: transferred,
    keepAlive: joined(selfContext.kept, context.kept),
  }
}

/** What messages call the call. */
function textOf(label: string, name: string | undefined, item: number | undefined): string {
  const text = name === undefined ? label : `'${name}' (${label})`
  return item === undefined ? text : `${text} (item ${item} of map)`
}

function joined<T>(a: readonly T[] | undefined, b: readonly T[] | undefined): T[] | undefined {
  if (!a?.length) return b?.length ? [...b] : undefined
  return b?.length ? [...a, ...b] : [...a]
}
