/**
 * The calls of decorated methods.
 *
 *   MethodInvoker ─► submitCall ─► poolFor (registry) ─► Pool.dispatch ─► Dispatcher
 *                    streamCall ─┘
 */
import type { CallLimits } from '../dispatch/call'
import { recordCallerAsText } from '../dispatch/caller-stack'
import { outcomeValue } from '../dispatch/outcomes'
import { attachCallbacks, bindCallbacks } from '../futures/callbacks'
import type { Future } from '../futures/future'
import { bind } from '../utils/async-context'
import { MessageKind } from '../wire/messages'
import { poolFor, type PoolChoice } from './registry'
import { failedFuture, type InlineRequest } from './run-inline'
import type { BodyOptions } from './schedulable'
import { readStream, type StreamingCall } from './stream'

/** The validated options of a decorator: one object per decorated method. */
export type CallOptions = PoolChoice & CallLimits & BodyOptions

export interface CallRequest extends InlineRequest {
  readonly options: CallOptions
}

/** Submits a call to the pool of its options. Never throws: an error rejects the future. */
export function submitCall(request: CallRequest): Future<unknown> {
  const number = ++request.counter.count
  let future: Future<unknown>
  try {
    future = poolFor(request.options).dispatch(request, number, request.options).future
  } catch (error) {
    future = failedFuture(request.options, number, error)
  }
  if (request.callbacks) attachCallbacks(future, request.callbacks, request.self)
  return future
}

/** Runs the body of an async generator in a worker and yields its values, with backpressure. */
export function streamCall(request: CallRequest): AsyncGenerator<unknown> {
  const number = ++request.counter.count
  // Recorded and bound now: the call starts with the first `next()`, which may come from other code.
  const caller = recordCallerAsText()
  const attach = request.callbacks && bindCallbacks(request.callbacks, request.self)
  const start = (onItem: (value: unknown) => void): StreamingCall => {
    const pool = poolFor(request.options)
    const call = pool.dispatch(request, number, request.options, {
      stream: true,
      caller,
      onEvent: (message) => {
        if (message.kind === MessageKind.Item) onItem(outcomeValue(message))
      },
    })
    attach?.(call.future)
    return { call, dispatcher: pool.dispatcher }
  }
  return readStream(caller, bind(start))
}
