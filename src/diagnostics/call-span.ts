/** The OpenTelemetry span of one call: it begins when the call is made and ends when the call is settled. */
import { ProcessExpired, ThreadExpired, TimeoutError } from '../errors'
import { messageOf, summary } from '../utils/text'
import {
  attempt,
  carrierOf,
  runWithSpan,
  type Attributes,
  type Carrier,
  type Span,
  type Tracer,
} from './open-telemetry'

/** `SpanStatusCode.ERROR` */
const ERROR = 2

/** How a call ended. */
export interface CallOutcome {
  readonly state: 'finished' | 'failed' | 'cancelled'
  /** The error of a call that failed or was cancelled. */
  readonly error?: unknown
  /** The id of the future. */
  readonly id?: string
  /** How long the call waited for its start, in ms. */
  readonly queued?: number
  /** How long its body ran, in ms; `null`: it did not run. */
  readonly running?: number | null
  /** Pid or thread id of the worker. */
  readonly worker?: number | null
}

/** What a span is called, and what it says from its start. */
export interface SpanDescription {
  readonly name: string
  readonly attributes: Attributes
}

/** Starts the span of a call, as a child of the active span. An error costs the span, not the call. */
export function startCallSpan(tracer: Tracer, describe: () => SpanDescription): CallSpan | undefined {
  return attempt(() => {
    const { name, attributes } = describe()
    return new CallSpan(tracer.startSpan(name, { attributes }))
  })
}

export class CallSpan {
  readonly #span: Span
  #failedElements = 0
  #ended = false

  constructor(span: Span) {
    this.#span = span
  }

  /** What crosses to the worker, so that spans of the body become children. `undefined`: nothing is traced. */
  carrier(): Carrier | undefined {
    return attempt(() => carrierOf(this.#span))
  }

  /** Runs the body of a call that is not sent anywhere. */
  run<R>(fn: () => R): R {
    return runWithSpan(this.#span, fn)
  }

  /** Notes an element of a chunk that failed. The chunk goes on. */
  elementFailed(error: unknown): void {
    this.#failedElements += 1
    attempt(() => this.#fail(error))
  }

  /** Ends the span, once. */
  end(outcome: CallOutcome): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#span.isRecording()) attempt(() => this.#describe(outcome))
    attempt(() => this.#span.end())
  }

  #describe(outcome: CallOutcome): void {
    this.#span.setAttributes(attributesOf(outcome))
    if (this.#failedElements > 0) this.#span.setAttributes({ 'pebble.map.failed': this.#failedElements })
    if (outcome.state !== 'finished') this.#fail(outcome.error)
  }

  #fail(error: unknown): void {
    this.#span.setAttributes({ 'error.type': typeOf(error) })
    this.#span.recordException(error instanceof Error ? error : summary(error))
    this.#span.setStatus({ code: ERROR, message: messageOf(error) })
  }
}

function attributesOf({ state, error, id, queued, running, worker }: CallOutcome): Attributes {
  const attributes: Attributes = { 'pebble.outcome': state === 'failed' ? reasonOf(error) : state }
  if (id !== undefined) attributes['pebble.call.id'] = id
  if (queued !== undefined) attributes['pebble.queued_ms'] = queued
  if (typeof running === 'number') attributes['pebble.running_ms'] = running
  if (typeof worker === 'number') attributes['pebble.worker.id'] = worker
  return attributes
}

function reasonOf(error: unknown): string {
  if (error instanceof TimeoutError) return 'timeout'
  return error instanceof ProcessExpired || error instanceof ThreadExpired ? 'expired' : 'failed'
}

/** The `code` of the error, or the name of its class. */
function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const { code, name } = error as { code?: unknown; name: string }
  return typeof code === 'string' ? code : name
}
