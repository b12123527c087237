import * as api from '@opentelemetry/api'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  attempt,
  carrierOf,
  contextOf,
  openTelemetry,
  runWithSpan,
  tracerHere,
  type ContextManager,
  type OpenTelemetry,
  type Span,
} from '../../src/diagnostics/open-telemetry'

afterEach(() => {
  for (const each of [api.trace, api.context, api.propagation]) each.disable()
})

const span = (): api.Span => new BasicTracerProvider().getTracer('spec').startSpan('a')

test('the types are those of the API', () => {
  const registered: OpenTelemetry = { trace: api.trace, context: api.context, propagation: api.propagation }
  const propagator: Pick<api.TextMapPropagator<Record<string, string>>, 'inject' | 'extract'> = api.propagation
  const theirs: Span = span()
  const manager: ContextManager = new AsyncLocalStorageContextManager()
  expect([registered, propagator, theirs, manager]).toHaveLength(4)
})

test('nothing is registered, then parts are, then nothing again', () => {
  expect(openTelemetry()?.trace).toBeUndefined()
  expect(tracerHere()).toBeUndefined()
  const manager = new AsyncLocalStorageContextManager()
  api.context.setGlobalContextManager(manager)
  expect(openTelemetry()?.context).toBe(manager)
  expect(tracerHere()).toBeUndefined()
  api.context.disable()
  expect(openTelemetry()?.context).toBeUndefined()
})

test('the tracer is that of the provider that is registered now', () => {
  api.trace.setGlobalTracerProvider(new BasicTracerProvider())
  const first = tracerHere()
  expect([first !== undefined, tracerHere()]).toEqual([true, first])
  api.trace.disable()
  expect(tracerHere()).toBeUndefined()
  api.trace.setGlobalTracerProvider(new BasicTracerProvider())
  expect(tracerHere()).not.toBe(first)
})

describe('the headers of a span', () => {
  test('are those of W3C, without a context manager and a propagator, too', () => {
    const traced = span()
    const { traceId, spanId } = traced.spanContext()
    expect(carrierOf(traced)).toEqual({ traceparent: `00-${traceId}-${spanId}-01` })
  })

  test('have the state of the trace', () => {
    const context = {
      traceId: '1'.repeat(32),
      spanId: '2'.repeat(16),
      traceFlags: 0,
      traceState: api.createTraceState('vendor=1'),
    }
    expect(carrierOf(api.trace.wrapSpanContext(context))).toEqual({
      traceparent: `00-${context.traceId}-${context.spanId}-00`,
      tracestate: 'vendor=1',
    })
  })

  test('are none for the span of a no-op tracer', () => {
    expect(carrierOf(api.trace.getTracer('spec').startSpan('a'))).toBeUndefined()
  })
})

describe('the context of a body', () => {
  const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`
  const manager = new AsyncLocalStorageContextManager()
  const spanOf = (carrier: Record<string, string>): api.SpanContext | undefined =>
    api.trace.getSpanContext(contextOf(carrier, manager) as api.Context)

  test('has the remote span', () => {
    const expected = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1, isRemote: true }
    expect(spanOf({ traceparent })).toEqual(expected)
  })

  test('is unchanged if the headers cannot be read', () => {
    expect(spanOf({ traceparent: 'nonsense' })).toBeUndefined()
    expect(spanOf({})).toBeUndefined()
  })

  test('has a span that records nothing and can be used as any other', () => {
    const remote = api.trace.getSpan(contextOf({ traceparent }, manager) as api.Context) as api.Span
    const link = { context: remote.spanContext() }
    expect(
      remote
        .setAttribute('a', 1)
        .setAttributes({ b: 2 })
        .addEvent('c')
        .addLink(link)
        .addLinks([link])
        .setStatus({ code: 2 })
        .updateName('d'),
    ).toBe(remote)
    remote.recordException(new Error('e'))
    remote.end()
    expect(remote.isRecording()).toBe(false)
  })
})

test('code runs in a span, if there is a context manager', () => {
  const traced = span()
  expect(runWithSpan(traced, () => api.trace.getActiveSpan())).toBeUndefined()
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  expect(runWithSpan(traced, () => api.trace.getActiveSpan())).toBe(traced)
})

describe('an SDK that throws', () => {
  const broken = (): never => {
    throw new Error('the SDK is broken')
  }
  let warn: jest.SpyInstance

  beforeEach(() => (warn = jest.spyOn(process, 'emitWarning').mockImplementation()))
  afterEach(() => warn.mockRestore())

  test('gives no tracer', () => {
    api.trace.setGlobalTracerProvider({ getTracer: broken })
    expect([tracerHere(), tracerHere()]).toEqual([undefined, undefined])
  })

  test('runs the code without its span, once', () => {
    const manager = new AsyncLocalStorageContextManager()
    manager.with = broken
    api.context.setGlobalContextManager(manager)
    const code = jest.fn(() => 'done')
    expect(runWithSpan(span(), code)).toBe('done')
    expect(code).toHaveBeenCalledTimes(1)
  })

  test('passes on the error of the code', () => {
    api.context.setGlobalContextManager(new AsyncLocalStorageContextManager())
    const code = jest.fn(() => {
      throw new Error('of the code')
    })
    expect(() => runWithSpan(span(), code)).toThrow('of the code')
    expect(code).toHaveBeenCalledTimes(1)
  })

  test('causes one warning for each message', () => {
    const fail = (text: string) => () => {
      throw new Error(text)
    }
    for (const text of ['first', 'first', 'second', 'first']) attempt(fail(text))
    expect(warn.mock.calls.map(([text]) => text as string)).toEqual([
      'The tracing of a call failed: Error: first',
      'The tracing of a call failed: Error: second',
    ])
  })
})
