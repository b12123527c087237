import { CallSpan, startCallSpan } from '../../src/diagnostics/call-span'
import type { Attributes, Span } from '../../src/diagnostics/open-telemetry'
import { warnings } from '../support/warnings'

const broken = (): never => {
  throw new Error('no disk')
}

/** A span of an SDK, one of whose methods may be broken. */
class FakeSpan implements Span {
  readonly told: unknown[] = []

  constructor(changes: Partial<Span> = {}) {
    Object.assign(this, changes)
  }

  spanContext = () => ({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 })
  isRecording = (): boolean => true
  setAttributes = (attributes: Attributes): unknown => this.told.push(attributes)
  setStatus = (status: object): unknown => this.told.push(status)
  recordException = (error: unknown): void => void this.told.push(error)
  end = (): void => void this.told.push('end')
}

test('a span ends once', () => {
  const fake = new FakeSpan()
  const span = new CallSpan(fake)
  span.end({ state: 'finished', queued: 1, running: null, worker: null })
  span.end({ state: 'cancelled' })
  expect(fake.told).toEqual([{ 'pebble.outcome': 'finished', 'pebble.queued_ms': 1 }, 'end'])
})

test('a span that records nothing is only ended', () => {
  const fake = new FakeSpan({ isRecording: () => false })
  new CallSpan(fake).end({ state: 'failed', error: new Error('Ops!') })
  expect(fake.told).toEqual(['end'])
})

test('the type of an error is its code, the name of its class, or the type of what was thrown', () => {
  const typeOf = (error: unknown): unknown => {
    const fake = new FakeSpan()
    new CallSpan(fake).end({ state: 'failed', error })
    return (fake.told[1] as Attributes)['error.type']
  }
  const coded = Object.assign(new Error('Ops!'), { code: 'ENOENT' })
  const numbered = Object.assign(new RangeError('Ops!'), { code: 7 })
  expect([coded, numbered, 'text', null].map(typeOf)).toEqual(['ENOENT', 'RangeError', 'string', 'object'])
})

test('an SDK that throws costs the span, and not the call', () => {
  const heard = warnings()
  expect(startCallSpan({ startSpan: broken }, () => ({ name: 'a', attributes: {} }))).toBeUndefined()
  const fake = new FakeSpan({ setAttributes: broken })
  const span = new CallSpan(fake)
  span.elementFailed(new Error('Ops!'))
  span.end({ state: 'finished' })
  new CallSpan(new FakeSpan({ end: broken })).end({ state: 'finished' })
  expect(fake.told).toEqual(['end'])
  expect(heard.map(({ message }) => message)).toEqual(['The tracing of a call failed: Error: no disk']) // each text once
})
