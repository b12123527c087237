/** From a call of a decorated method to its future: which pool, and what it is told. */
import type { CallLimits } from '../dispatch/call'
import { recordCaller } from '../dispatch/caller-stack'
import { outcomeValue } from '../dispatch/outcomes'
import { attachCallbacks, type OutcomeCallbacks } from '../futures/callbacks'
import type { Future } from '../futures/future'
import { Kind } from '../wire/messages'
import { poolFor, type PoolChoice } from './choose-pool'
import { readStream } from './stream'
import { failedFuture, submitTo, type BodyRequest, type BodyOptions } from './submit-to'

/** What a decorator was told, validated: one object per decorated method. */
export type CallOptions = PoolChoice & CallLimits & BodyOptions

export interface CallRequest extends BodyRequest {
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
  const caller = recordCaller() // the first `next()` starts the call, and may be anybody's
  return readStream(caller, (onItem) => {
    const pool = poolFor(request.options)
    const call = submitTo(pool, request, number, request.options, {
      stream: true,
      caller,
      onNews: (message) => {
        if (message.kind === Kind.Item) onItem(outcomeValue(message))
      },
    })
    if (request.callbacks) attachCallbacks(call.future, request.callbacks, request.self)
    return { call, dispatcher: pool.dispatcher }
  })
}
