/**
 * OpenTelemetry, as the program has registered it.
 *
 * `@opentelemetry/api` keeps what is registered in one global object, by which all copies of it in a realm find each
 * other. Reading that object takes some ns and imports nothing. It works in bundles, under test runners, and where the
 * program itself does not depend on the API. The interfaces here are the parts of the API that are used:
 * `spec/diagnostics/open-telemetry.spec.ts` checks them against its types.
 */
import { summary } from '../utils/text'

/** A value of an attribute. */
export type AttributeValue = string | number | boolean
export type Attributes = Record<string, AttributeValue>

export interface SpanContext {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
  readonly isRemote?: boolean
  readonly traceState?: { serialize(): string }
}

export interface Span {
  spanContext(): SpanContext
  isRecording(): boolean
  setAttributes(attributes: Attributes): unknown
  setStatus(status: { code: number; message?: string }): unknown
  recordException(exception: Error | string): void
  end(): void
}

/** An immutable map of context values. */
export interface TraceContext {
  getValue(key: symbol): unknown
  setValue(key: symbol, value: unknown): TraceContext
}

export interface Tracer {
  startSpan(name: string, options: { attributes: Attributes }): Span
}

export interface ContextManager {
  active(): TraceContext
  with<R>(context: TraceContext, fn: () => R): R
}

/** What crosses with a call: the headers that a request to another service would have. */
export type Carrier = Record<string, string>

interface Propagator {
  inject(context: TraceContext, carrier: Carrier, setter: typeof headers): void
  extract(context: TraceContext, carrier: Carrier, getter: typeof headers): TraceContext
}

/** What is registered. Each part may be missing. */
export interface OpenTelemetry {
  readonly trace?: { getTracer(name: string): Tracer }
  readonly context?: ContextManager
  readonly propagation?: Propagator
}

const REGISTERED = Symbol.for('opentelemetry.js.api.1')
/** Under this key a context holds its span, for every copy of the API. */
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN')
/** How many different messages become warnings. */
const MOST_WARNINGS = 100
/** A span of a no-op tracer has no trace. */
const NO_TRACE = /^0*$/

const headers = {
  set: (carrier: Carrier, name: string, value: string): void => void (carrier[name] = value),
  get: (carrier: Carrier, name: string): string | undefined => carrier[name],
  keys: (carrier: Carrier): string[] => Object.keys(carrier),
}

type Registered = Record<symbol, OpenTelemetry | undefined>

/** What this realm has registered; `undefined`: nothing. */
export function openTelemetry(): OpenTelemetry | undefined {
  return (globalThis as unknown as Registered)[REGISTERED]
}

let provider: OpenTelemetry['trace']
let tracer: Tracer | undefined

/** The tracer of the library; `undefined` if no provider is registered. Another provider may be registered later. */
export function tracerHere(): Tracer | undefined {
  const registered = (globalThis as unknown as Registered)[REGISTERED]?.trace // as `openTelemetry()`: this runs for each call
  if (registered === undefined) return undefined
  if (registered !== provider) {
    provider = registered
    tracer = attempt(() => registered.getTracer('pebble-ts'))
  }
  return tracer
}

/** The W3C headers of a span, and what else the program propagates, such as baggage. `undefined`: there is no trace. */
export function carrierOf(span: Span): Carrier | undefined {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  if (NO_TRACE.test(traceId)) return undefined
  const carrier: Carrier = {}
  const { context, propagation } = openTelemetry() ?? {}
  if (context) propagation?.inject(context.active().setValue(SPAN, span), carrier, headers)
  carrier.traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
  const state = traceState?.serialize()
  if (state) carrier.tracestate = state
  return carrier
}

/** Runs `fn` with `span` as the active span, if a context manager is registered. */
export function runWithSpan<R>(span: Span, fn: () => R): R {
  const manager = openTelemetry()?.context
  const context = manager && attempt(() => manager.active().setValue(SPAN, span))
  return manager && context ? runInContext(manager, context, fn) : fn()
}

/** Runs `fn` in this context. If the manager throws before `fn` has begun, `fn` runs without the context. */
export function runInContext<R>(manager: ContextManager, context: TraceContext, fn: () => R): R {
  let began = false
  try {
    return manager.with(context, () => {
      began = true
      return fn()
    })
  } catch (error) {
    if (began) throw error
    warn(error)
    return fn()
  }
}

/**
 * The context of a body whose call has these headers. A worker whose propagator does not read the W3C headers, or that has
 * none, gets the span all the same.
 */
export function contextOf(carrier: Carrier, manager: ContextManager): TraceContext {
  const root = manager.active()
  const context = openTelemetry()?.propagation?.extract(root, carrier, headers) ?? root
  const [, traceId = '', spanId = '', flags = ''] =
    /^00-(\w{32})-(\w{16})-(\w{2})$/.exec(carrier.traceparent ?? '') ?? []
  const known = context.getValue(SPAN) as Span | undefined
  if (traceId === '' || known?.spanContext().spanId === spanId) return context
  return context.setValue(SPAN, remoteSpan({ traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true }))
}

/** A span that another thread or process records. Here it is only a parent. */
function remoteSpan(context: SpanContext): Span {
  const itself = (): Span => span
  const span = {
    spanContext: () => context,
    isRecording: () => false,
    setAttribute: itself,
    setAttributes: itself,
    addEvent: itself,
    addLink: itself,
    addLinks: itself,
    setStatus: itself,
    updateName: itself,
    recordException: () => undefined,
    end: () => undefined,
  }
  return span
}

/** Runs code of the SDK, whose errors must not reach the call. `undefined`: it threw. */
export function attempt<R>(step: () => R): R | undefined {
  try {
    return step()
  } catch (error) {
    warn(error)
    return undefined
  }
}

const warned = new Set<string>()

/** Warns of each message once: an SDK that throws may do so for every call. */
function warn(error: unknown): void {
  const text = `The tracing of a call failed: ${summary(error)}`
  if (warned.has(text) || warned.size === MOST_WARNINGS) return
  warned.add(text)
  process.emitWarning(text, 'PebbleTracingWarning')
}
