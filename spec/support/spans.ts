/** The spans of calls, as the real SDK of OpenTelemetry exports them. */
import { context, propagation, trace } from '@opentelemetry/api'
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
  type Sampler,
} from '@opentelemetry/sdk-trace-base'
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { until } from './until'

let exporter = new InMemorySpanExporter()
let provider: NodeTracerProvider | undefined

/** Registers a provider, with its context manager and propagator, until {@link stopTracing}. */
export function startTracing(sampler?: Sampler): void {
  exporter = new InMemorySpanExporter() // a provider that is shut down stops its exporter
  provider = new NodeTracerProvider({ sampler, spanProcessors: [new SimpleSpanProcessor(exporter)] })
  provider.register()
}

export async function stopTracing(): Promise<void> {
  await provider?.shutdown()
  for (const api of [trace, context, propagation]) api.disable()
  exporter.reset()
}

/**
 * The spans that have ended since this was called last, in the order of their ends.
 *
 * @param count how many to wait for: the outcome of a chunk arrives after those of its elements
 */
export async function endedSpans(count = 0): Promise<ReadableSpan[]> {
  await provider?.forceFlush()
  await until(() => exporter.getFinishedSpans().length >= count, `${count} spans to end`)
  const spans = exporter.getFinishedSpans()
  exporter.reset()
  return spans
}

/** The one span that has ended. */
export async function endedSpan(): Promise<ReadableSpan> {
  const spans = await endedSpans(1)
  expect(spans.map(({ name }) => name)).toHaveLength(1)
  return spans[0] as ReadableSpan
}

/** Runs `fn` in a span of the program. */
export function inSpan<T>(name: string, fn: () => T): { result: T; traceId: string; spanId: string } {
  return trace.getTracer('spec').startActiveSpan(name, (span) => {
    const result = fn()
    span.end()
    const { traceId, spanId } = span.spanContext()
    return { result, traceId, spanId }
  })
}
