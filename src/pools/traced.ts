/**
 * The OpenTelemetry spans of calls: what they are named, and what they tell. `diagnostics/call-span.ts` is one span.
 *
 *   dispatched calls     the span begins when the call is made; its headers cross with the call, for the spans of the body
 *   inline and eager     the body runs in the context of the span
 */
import { fileURLToPath } from 'node:url'
import { startCallSpan, type CallSpan, type SpanDescription } from '../diagnostics/call-span'
import { tracerHere, type Attributes, type Tracer } from '../diagnostics/open-telemetry'
import type { Call } from '../dispatch/call'
import type { Future } from '../futures/future'
import { fileText, memberText } from '../registry/keys'
import { classNameOf, type Registration } from '../registry/registrations'
import { monotonic } from '../utils/clock'
import type { CallShape } from './payload'
import type { Invocation } from './schedulable'
import { settings } from './settings'

const INLINE: Attributes = { 'pebble.kind': 'inline' }

/** A call that has a span and is about to be sent. */
interface TracedCall {
  readonly pool: { readonly kind: string; readonly name: string }
  readonly invocation: Invocation
  readonly shape: CallShape
}

/** The tracer of calls; `undefined`: calls are not traced. Without a registered provider this takes some ns. */
export function callTracer(): Tracer | undefined {
  return settings.tracing === false ? undefined : tracerHere()
}

/** Dispatches a call that has a span. The span of a call that cannot be dispatched ends at once. */
export function dispatchTraced(
  tracer: Tracer,
  { pool: { kind, name }, invocation, shape }: TracedCall,
  dispatch: (shape: CallShape) => Call,
): Call {
  const ofPool = { 'pebble.kind': kind, 'pebble.pool': name }
  const span = startCallSpan(tracer, () => describe(invocation, { ...ofPool, ...ofElements(invocation, shape) }))
  try {
    return dispatch({ ...shape, span })
  } catch (error) {
    span?.end({ state: 'failed', error })
    throw error
  }
}

/** Starts the span of a body that runs in the calling thread. */
export function startInlineSpan(invocation: Invocation): CallSpan | undefined {
  const tracer = callTracer()
  return tracer && startCallSpan(tracer, () => describe(invocation, INLINE))
}

/** Ends the span of an inline call with the outcome of its future. */
export function endWith(span: CallSpan, future: Future<unknown>): void {
  const began = monotonic()
  future.whenDone(() => {
    const { state, value } = future.peek()
    if (state === 'pending') return
    span.end({ state, error: value, id: future.id, queued: 0, running: monotonic() - began })
  })
}

/** Gives an inline stream a span, from the first `next()` to its end. Each step of the body runs in its context. */
export function traceStream(invocation: Invocation, values: AsyncGenerator<unknown>): AsyncGenerator<unknown> {
  if (callTracer() === undefined) return values
  let span: CallSpan | undefined
  let began = 0
  const end = (state: 'finished' | 'failed', error?: unknown): void =>
    span?.end({ state, error, queued: 0, running: monotonic() - began })
  const step = async (fn: () => Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> => {
    try {
      const result = await (span ? span.run(fn) : fn())
      if (result.done) end('finished')
      return result
    } catch (error) {
      end('failed', error)
      throw error
    }
  }
  const stream = {
    next: () => {
      if (began === 0) {
        began = monotonic()
        span = startInlineSpan(invocation)
      }
      return step(() => values.next())
    },
    return: (value: unknown) => step(() => values.return(value)),
    throw: (error: unknown) => step(() => values.throw(error)),
    [Symbol.asyncIterator]: () => stream,
    [Symbol.asyncDispose]: async () => void (await stream.return(undefined)),
  }
  return stream as AsyncGenerator<unknown>
}

function describe({ registration, self, options }: Invocation, attributes: Attributes): SpanDescription {
  const fn = functionName(registration, self)
  const { member, module } = registration.key
  const name = options.name ?? (member === '' ? `${fn} of ${fileText(module.url)}` : fn)
  return { name, attributes: { 'pebble.task': name, ...codeOf(registration, fn), ...attributes } }
}

/** `Reports.title`, with the class of `this`. */
function functionName({ key }: Registration, self: unknown): string {
  const name = memberText(key.member)
  const isObject = typeof self === 'object' && self !== null
  const owner = isObject ? (Object.getPrototypeOf(self) as object | null) : self
  if (key.holder === 'function' || (typeof owner !== 'function' && (typeof owner !== 'object' || owner === null)))
    return name
  const className = classNameOf(owner)
  return className === '' ? name : `${className}.${name}`
}

/** By the conventions of OpenTelemetry for code. */
function codeOf({ key }: Registration, fn: string): Attributes {
  const attributes: Attributes = { 'code.function.name': fn }
  if (key.module.url.startsWith('file:')) attributes['code.file.path'] = fileURLToPath(key.module.url)
  return attributes
}

/** What a chunk of a map has besides. */
function ofElements({ args }: Invocation, { chunk, elementIndex }: CallShape): Attributes | undefined {
  if (chunk === undefined) return undefined
  const elements = { 'pebble.map.elements': args.length / chunk }
  return elementIndex === undefined ? elements : { ...elements, 'pebble.map.index': elementIndex }
}
