/** From a call of a decorated method to its future: which pool, and what it is told. */
import type { CallLimits } from '../dispatch/call'
import { recordCallerAsText } from '../dispatch/caller-stack'
import { outcomeValue } from '../dispatch/outcomes'
import { attachCallbacks, bindCallbacks, type OutcomeCallbacks } from '../futures/callbacks'
import type { Future } from '../futures/future'
import { MessageKind } from '../wire/messages'
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
  // Both at the call: the body starts with the first `next()`, which may come from elsewhere.
  const caller = recordCallerAsText()
  const attach = request.callbacks && bindCallbacks(request.callbacks, request.self)
  return readStream(caller, (onItem) => {
    const pool = poolFor(request.options)
    const call = submitTo(pool, request, number, request.options, {
      stream: true,
      caller,
      onEvent: (message) => {
        if (message.kind === MessageKind.Item) onItem(outcomeValue(message))
      },
    })
    attach?.(call.future)
    return { call, dispatcher: pool.dispatcher }
  })
}
