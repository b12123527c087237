/** From a call of a decorated method to its future: what to send, and to which pool. */
import { CancelledError } from '../errors'
import { Call, type CallLimits, type Payload } from '../dispatch/call'
import { recordCaller } from '../dispatch/caller-stack'
import { methodUse } from '../dispatch/method-use'
import { attachCallbacks, type OutcomeCallbacks } from '../futures/callbacks'
import { Future, settledFromOutside, type Flavour } from '../futures/future'
import { ProcessFuture } from '../futures/process-future'
import type { Registration } from '../registry/registrations'
import { callFlags, type CallExtra } from '../wire/messages'
import { packArgs, type PackContext } from '../wire/values'
import { LiveSignals } from './live-signals'
import { packSelf, type StateOption } from './pack-self'
import type { Pool } from './pool'
import { poolFor, type PoolChoice } from './choose-pool'
import { readStream } from './stream'

/** What a decorator was told, validated: one object per decorated method. */
export interface CallOptions extends PoolChoice, CallLimits {
  readonly flavour: Flavour
  readonly state: StateOption
  /** For messages. */
  readonly name?: string
  readonly daemon?: boolean
}

export interface CallRequest {
  readonly registration: Registration
  readonly self: unknown
  readonly args: unknown[]
  readonly options: CallOptions
  /** Those in force at the call. */
  readonly callbacks: OutcomeCallbacks | undefined
  /** Of the method: numbers its futures. */
  readonly counter: { count: number }
}

/** Submits a call to the pool of its options. Never throws: what is wrong rejects the future. */
export function submitCall(request: CallRequest): Future<unknown> {
  const number = ++request.counter.count
  let future: Future<unknown>
  try {
    const pool = poolFor(request.options)
    future = submitTo(pool, request, number, request.options).future
  } catch (error) {
    future = failedFuture(request.options, number, error)
  }
  if (request.callbacks) attachCallbacks(future, request.callbacks, request.self)
  return future
}

/** Runs an async generator's body in a worker and gives its values, with backpressure. */
export function streamCall(request: CallRequest): AsyncGenerator<unknown> {
  const number = ++request.counter.count
  return readStream(onItem => {
    const pool = poolFor(request.options)
    const call = submitTo(pool, request, number, request.options, onItem)
    if (request.callbacks) attachCallbacks(call.future, request.callbacks, request.self)
    return { call, dispatcher: pool.dispatcher }
  })
}

/**
 * Makes the call and hands it to the pool.
 *
 * @throws {SerializationError} an argument cannot cross; {@link PoolError} the pool takes no calls
 */
export function submitTo(
  pool: Pool,
  request: Pick<CallRequest, 'registration' | 'self' | 'args' | 'options'>,
  number: number,
  limits: CallLimits,
  onItem?: (value: unknown) => void,
): Call {
  pool.assertOpen()
  const signals = new LiveSignals()
  const payload = makePayload(pool.kind, request, signals, onItem !== undefined)
  const call = new Call({
    kind: pool.kind,
    flavour: request.options.flavour,
    number,
    limits,
    payload,
    caller: recordCaller(),
    onItem,
  })
  pool.dispatcher.submit(call)
  signals.watch(call, pool.dispatcher)
  return call
}

/** A future that has failed before anything was sent. */
export function failedFuture(options: Pick<CallOptions, 'kind' | 'flavour'>, number: number, error: unknown): Future<unknown> {
  const Kind = options.kind === 'process' ? ProcessFuture : Future
  const future = new Kind<unknown>(settledFromOutside, undefined, number, undefined, options.flavour)
  Future.settle(future, error instanceof CancelledError ? 'cancelled' : 'failed', error)
  return future
}

function makePayload(
  kind: Pool['kind'],
  request: Pick<CallRequest, 'registration' | 'self' | 'args' | 'options'>,
  signals: LiveSignals,
  stream: boolean,
): Payload {
  const { registration, self, args, options } = request
  const method = methodUse(registration, self)
  const context: PackContext = { root: 'args', kind, signals }
  const packedArgs = packArgs(args, context)
  const packedSelf = packSelf(registration, self, options.state, { root: 'this', kind, strict: true })
  const classes = joined(packedSelf.classes, packedArgs.classes)
  const transfer = joined(packedSelf.transfer, packedArgs.transfer)
  const { absent, custom } = packedSelf
  const extra: CallExtra | undefined = stream || classes || absent || custom ? { stream, classes, absent, custom } : undefined
  return {
    method,
    flags: callFlags(packedSelf.flags ?? 0, packedArgs.flags),
    self: packedSelf.data,
    args: packedArgs.data,
    extra,
    transfer,
  }
}

function joined<T>(a: readonly T[] | undefined, b: readonly T[] | undefined): T[] | undefined {
  if (!a?.length) return b?.length ? [...b] : undefined
  return b?.length ? [...a, ...b] : [...a]
}
