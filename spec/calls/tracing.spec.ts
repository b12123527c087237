/** OpenTelemetry, with its real SDK: a span per call, and the spans of bodies below it. */
import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api'
import { AlwaysOffSampler, type ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { configure, pools, ProcessPool, ThreadPool } from 'pebble-ts'
import * as fixture from '../fixtures/tracing'
import { Gate } from '../support/gate'
import { resultOf } from '../support/program'
import { forEachKind } from '../support/setup'
import { endedSpan, endedSpans, inSpan, startTracing, stopTracing } from '../support/spans'
import { failure, settled, until } from '../support/until'

beforeEach(() => startTracing())
afterEach(stopTracing)

/** How long the span took, in ms. */
const lengthOf = ({ duration: [seconds, ns] }: ReadableSpan): number => seconds * 1e3 + ns / 1e6

const exceptionOf = ({ events }: ReadableSpan): unknown =>
  events.map(({ name, attributes }) => [name, attributes?.['exception.message']])

forEachKind('the span of a call', (kind) => {
  const Pool = kind === 'thread' ? ThreadPool : ProcessPool
  const initializer = fixture.startTracing
  let pool: ThreadPool | ProcessPool
  beforeAll(() => {
    pool = new Pool({ maxWorkers: 1, name: `traced-${kind}`, initializer, initArgs: ['all'] })
    pools.register(`traced-${kind}`, pool)
  })
  afterAll(async () => {
    pool.stop({ force: true })
    await settled(pool.join())
  })

  test('is a child of the active span, tells what ran and where, and is the parent of the spans of the body', async () => {
    const job = new fixture.traced[kind]()
    const { result, traceId, spanId } = inSpan('request', () => job.look())
    const seen = await settled(result)
    const [request, call] = (await endedSpans()) as [ReadableSpan, ReadableSpan]
    expect([request.name, call.name]).toEqual(['request', 'Traced.look'])
    expect([call.spanContext().traceId, call.parentSpanContext?.spanId]).toEqual([traceId, spanId])
    const own = call.spanContext().spanId
    expect(seen).toEqual({ traceId, active: own, parent: own, sampled: true, baggage: undefined })
    expect(call.status).toEqual({ code: SpanStatusCode.UNSET })
    expect(call.instrumentationScope.name).toBe('pebble-ts')
    const { 'pebble.queued_ms': queued, 'pebble.running_ms': running, ...rest } = call.attributes
    expect(rest).toEqual({
      'code.function.name': 'Traced.look',
      'code.file.path': require.resolve('../fixtures/tracing'),
      'pebble.task': 'Traced.look',
      'pebble.kind': kind,
      'pebble.pool': `traced-${kind}`,
      'pebble.outcome': 'finished',
      'pebble.call.id': expect.stringMatching(/^[\da-f-]{36}$/),
      'pebble.worker.id': expect.any(Number),
    })
    expect(Number(queued)).toBeGreaterThanOrEqual(0)
    expect(Number(running)).toBeGreaterThan(0)
    expect(Number(queued) + Number(running)).toBeLessThanOrEqual(lengthOf(call) + 1)
  })

  test('has the name of the call, if the options give one; one without any name is named after its file', async () => {
    await settled(new fixture.traced[kind]().named())
    expect(await endedSpan()).toMatchObject({ name: 'titles', attributes: { 'pebble.task': 'titles' } })
    await settled(pool.schedule(fixture.unnamed))
    const { name, attributes } = await endedSpan()
    expect([name, attributes['code.function.name']]).toEqual(['(anonymous) of tracing.ts', '(anonymous)'])
  })

  test('starts a trace of its own outside of any span', async () => {
    const seen = await settled(pool.schedule(fixture.lookNow))
    const call = await endedSpan()
    expect([call.parentSpanContext, call.spanContext().traceId]).toEqual([undefined, seen.traceId])
    expect(seen.parent).toBe(call.spanContext().spanId)
  })

  test('says how long the call waited, and how long it ran', async () => {
    const gate = new Gate()
    const first = pool.schedule(fixture.hold, { args: [gate.path] })
    await gate.whenArrived()
    const second = pool.schedule(fixture.lookNow)
    const sent = performance.now()
    await until(() => performance.now() - sent > 50, 'the second call to have waited')
    gate.open()
    await settled(Promise.all([first, second]))
    const [held, waited] = (await endedSpans()) as [ReadableSpan, ReadableSpan]
    expect(Number(held.attributes['pebble.running_ms'])).toBeGreaterThan(50)
    expect(Number(waited.attributes['pebble.queued_ms'])).toBeGreaterThan(50)
    expect(Number(waited.attributes['pebble.running_ms'])).toBeLessThan(Number(waited.attributes['pebble.queued_ms']))
  })

  test('has the error of the body', async () => {
    const error = await failure(pool.schedule(fixture.failOdd, { args: [7] }))
    const call = await endedSpan()
    expect(error.message).toBe('7 is odd')
    expect(call.status).toEqual({ code: SpanStatusCode.ERROR, message: '7 is odd' })
    expect(call.attributes).toMatchObject({ 'pebble.outcome': 'failed', 'error.type': 'RangeError' })
    expect(exceptionOf(call)).toEqual([['exception', '7 is odd']])
    expect(call.events[0]?.attributes?.['exception.stacktrace']).toContain('tracing.ts')
  })

  test('has what the body threw, if that is no error', async () => {
    await failure(pool.schedule(fixture.fail, { args: ['a text'] }))
    const call = await endedSpan()
    expect(call.status).toEqual({ code: SpanStatusCode.ERROR, message: 'a text' })
    expect(call.attributes['error.type']).toBe('string')
  })

  test('ends with the limit that passed', async () => {
    const held = new Gate()
    await failure(pool.schedule(fixture.spin, { timeout: 20 }))
    const slow = pool.schedule(fixture.hold, { args: [held.path] })
    await held.whenArrived()
    await failure(pool.schedule(fixture.lookNow, { queueTimeout: 20 }))
    const [running, waiting] = (await endedSpans()) as [ReadableSpan, ReadableSpan]
    const timeout = { 'pebble.outcome': 'timeout', 'error.type': 'ERR_PEBBLE_TIMEOUT' }
    expect(running.attributes).toMatchObject(timeout)
    expect(Number(running.attributes['pebble.running_ms'])).toBeGreaterThanOrEqual(19)
    expect(waiting.attributes).toMatchObject(timeout)
    expect(waiting.attributes).not.toHaveProperty(['pebble.running_ms'])
    expect(waiting.attributes).not.toHaveProperty(['pebble.worker.id'])
    expect(waiting.status.message).toContain('did not start within 20 ms')
    held.open()
    await settled(slow)
  })

  test('ends with the cancellation, whether the call waits or runs', async () => {
    const gate = new Gate()
    const runs = pool.schedule(fixture.hold, { args: [gate.path] })
    await gate.whenArrived()
    const waits = pool.schedule(fixture.lookNow)
    waits.cancel()
    runs.cancel()
    await Promise.allSettled([runs, waits])
    const [waited, ran] = (await endedSpans()) as [ReadableSpan, ReadableSpan]
    for (const call of [waited, ran]) {
      expect(call.attributes).toMatchObject({ 'pebble.outcome': 'cancelled', 'error.type': 'ERR_PEBBLE_CANCELLED' })
      expect(call.status).toEqual({
        code: SpanStatusCode.ERROR,
        message: expect.stringContaining(' of tracing.ts was cancelled.'),
      })
    }
    expect([waited, ran].map(({ attributes }) => 'pebble.running_ms' in attributes)).toEqual([false, true])
  })

  test('ends with the death of the worker', async () => {
    await failure(pool.schedule(fixture.die))
    const call = await endedSpan()
    const code = kind === 'thread' ? 'ERR_PEBBLE_THREAD_EXPIRED' : 'ERR_PEBBLE_PROCESS_EXPIRED'
    expect(call.attributes).toMatchObject({ 'pebble.outcome': 'expired', 'error.type': code })
    expect(call.status.message).toContain('exited with code 7')
  })

  test('ends at once if the call cannot be sent', async () => {
    const error = await failure(pool.schedule(fixture.echo, { args: [() => undefined] }))
    const call = await endedSpan()
    expect(call.status).toEqual({ code: SpanStatusCode.ERROR, message: error.message })
    expect(call.attributes).toMatchObject({ 'pebble.outcome': 'failed', 'error.type': 'ERR_PEBBLE_SERIALIZATION' })
  })

  test('is one per element of a map, and one per chunk', async () => {
    const { result, spanId } = inSpan('request', () => pool.map(fixture.lookTwice, [1, 2, 3]).toArray())
    const seen = await settled(result)
    const [, ...elements] = await endedSpans(4)
    expect(elements.map(({ attributes }) => attributes['pebble.map.index'])).toEqual([0, 1, 2])
    expect(new Set(elements.map((call) => call.parentSpanContext?.spanId))).toEqual(new Set([spanId]))
    expect(seen.map((both) => both.map(({ parent }) => parent))).toEqual(
      elements.map((call) => [call.spanContext().spanId, call.spanContext().spanId]),
    )
    const inChunks = await settled(pool.map(fixture.lookTwice, [1, 2, 3], { chunkSize: 2 }).toArray())
    const chunks = await endedSpans(2)
    expect(chunks.map(({ attributes }) => attributes['pebble.map.elements'])).toEqual([2, 1])
    const [one, two] = chunks.map((call) => call.spanContext().spanId)
    expect(inChunks.map((both) => both.map(({ parent }) => parent))).toEqual([
      [one, one],
      [one, one],
      [two, two],
    ])
  })

  test('has the errors of the elements of its chunk', async () => {
    const map = pool.map(fixture.failOdd, [1, 2, 3, 4], { chunkSize: 4 })
    const iterator = map[Symbol.asyncIterator]()
    for (let n = 0; n < 4; n++) await Promise.allSettled([iterator.next()])
    const call = await endedSpan()
    expect(call.attributes).toMatchObject({
      'pebble.outcome': 'finished',
      'pebble.map.elements': 4,
      'pebble.map.failed': 2,
      'error.type': 'RangeError',
    })
    expect(call.status.code).toBe(SpanStatusCode.ERROR)
    expect(exceptionOf(call)).toEqual([
      ['exception', '1 is odd'],
      ['exception', '3 is odd'],
    ])
  })

  test('lasts as long as a stream, and is the parent of all that its body makes', async () => {
    const job = new fixture.traced[kind]()
    const { result: stream, spanId } = inSpan('request', () => job.stream(20))
    const seen: fixture.Seen[] = []
    for await (const each of stream) {
      seen.push(each)
      if (seen.length === 1) expect((await endedSpans()).map(({ name }) => name)).toEqual(['request'])
    }
    const call = await endedSpan()
    expect([call.name, call.parentSpanContext?.spanId]).toEqual(['Traced.stream', spanId])
    expect(new Set(seen.map(({ parent }) => parent))).toEqual(new Set([call.spanContext().spanId]))
    expect(seen).toHaveLength(20)
  })

  test('has the error of a stream', async () => {
    const read = async (): Promise<void> => {
      for await (const each of new fixture.traced[kind]().failing()) void each
    }
    await failure(read())
    expect((await endedSpan()).status).toEqual({ code: SpanStatusCode.ERROR, message: 'no more' })
  })

  test('is the parent of the decorated calls in its body, which run inline there', async () => {
    const [outer, inner] = await settled(new fixture.traced[kind]().nested())
    const call = await endedSpan() // that of the inner call is in the worker
    expect(outer.parent).toBe(call.spanContext().spanId)
    expect(inner.traceId).toBe(outer.traceId)
    expect(inner.active).not.toBe(outer.active)
    expect(inner.parent).toBe(inner.active)
  })

  test('takes baggage along', async () => {
    const entries = propagation.createBaggage({ tenant: { value: 'acme' } })
    const seen = await settled(
      context.with(propagation.setBaggage(context.active(), entries), () => pool.schedule(fixture.lookNow)),
    )
    expect(seen.baggage).toBe('acme')
    expect((await settled(pool.schedule(fixture.lookNow))).baggage).toBeUndefined()
  })

  test('leaves callbacks in the span of their caller', async () => {
    const active = (): string | undefined => trace.getActiveSpan()?.spanContext().spanId
    const seen: unknown[] = []
    const { result, spanId } = inSpan('request', async () => {
      const future = pool.schedule(fixture.lookNow)
      future.addDoneCallback(() => seen.push(active()))
      await future
      seen.push(active())
    })
    await settled(result)
    expect(seen).toEqual([spanId, spanId])
  })

  test('is not recorded if its trace is not sampled, and neither are those of the body', async () => {
    await stopTracing()
    startTracing(new AlwaysOffSampler())
    const seen = await settled(pool.schedule(fixture.lookNow))
    expect(seen).toMatchObject({ traceId: expect.stringMatching(/^(?!0+$)/), sampled: false })
    expect(await endedSpans()).toEqual([])
  })

  test('stays one if the worker dies before the call starts', async () => {
    const gate = new Gate()
    const held = pool.schedule(fixture.hold, { args: [gate.path] })
    await gate.whenArrived()
    const moved = pool.schedule(fixture.lookNow)
    held.cancel() // stops the worker, to which both were sent
    const seen = await settled(moved)
    const calls = (await endedSpans()).filter(({ name }) => name === 'lookNow')
    expect(calls.map((call) => call.spanContext().spanId)).toEqual([seen.parent])
  })

  describe('with `tracing: false`', () => {
    afterEach(() => configure({ tracing: undefined }))

    test('is not made', async () => {
      configure({ tracing: false })
      const { result } = inSpan('request', () => pool.schedule(fixture.lookNow))
      expect(await settled(result)).toMatchObject({ active: undefined, parent: undefined })
      expect((await endedSpans()).map(({ name }) => name)).toEqual(['request'])
    })
  })

  test.each([
    ['no propagator', true],
    ['provider only', false],
    ['broken propagator', false],
  ] as const)('reaches a worker with %s: %s', async (setup, reaches) => {
    const other = new Pool({ maxWorkers: 1, initializer, initArgs: [setup] })
    const seen = await settled(other.schedule(fixture.lookNow))
    other.close()
    await settled(other.join())
    const call = await endedSpan()
    expect([seen.active, seen.parent]).toEqual(Array(2).fill(reaches ? call.spanContext().spanId : undefined))
    expect(seen.traceId === call.spanContext().traceId).toBe(reaches)
  })
})

describe('in eager mode', () => {
  beforeEach(() => configure({ eager: true }))
  afterEach(() => configure({ eager: undefined }))

  test('the span of a call is the active one in its body', async () => {
    const { result, spanId } = inSpan('request', () => new fixture.traced.thread().look())
    const seen = await settled(result)
    const call = (await endedSpans()).find(({ name }) => name === 'Traced.look')
    expect(call?.parentSpanContext?.spanId).toBe(spanId)
    expect(seen.active).toBe(call?.spanContext().spanId)
    expect(call?.attributes).toMatchObject({ 'pebble.kind': 'inline', 'pebble.outcome': 'finished' })
  })

  test('a stream has one span, to its end', async () => {
    const seen: fixture.Seen[] = []
    for await (const each of new fixture.traced.thread().stream(3)) seen.push(each)
    const call = (await endedSpans()).find(({ name }) => name === 'Traced.stream')
    expect(seen.map(({ active }) => active)).toEqual(Array(3).fill(call?.spanContext().spanId))
    await failure(
      new fixture.traced.thread()
        .failing()
        .next()
        .then(async () => {
          for await (const each of new fixture.traced.thread().failing()) void each
        }),
    )
    expect((await endedSpan()).status).toEqual({ code: SpanStatusCode.ERROR, message: 'no more' })
  })

  test('a chunk tells which elements failed', async () => {
    await using pool = new ThreadPool()
    const map = pool.map(fixture.failOdd, [1, 2], { chunkSize: 2 })
    const iterator = map[Symbol.asyncIterator]()
    for (let n = 0; n < 2; n++) await Promise.allSettled([iterator.next()])
    const call = await endedSpan()
    expect(call.attributes).toMatchObject({ 'pebble.map.failed': 1, 'pebble.outcome': 'finished' })
    expect(exceptionOf(call)).toEqual([['exception', '1 is odd']])
  })
})

describe('a program', () => {
  test('that registers the SDK by `node --require` has it in its workers, too', async () => {
    const execArgv = ['--require', require.resolve('../fixtures/programs/instrumentation.cjs')]
    const { parents, spans } = await resultOf('instrumented.cjs', { execArgv })
    expect(spans.map(([name]: [string]) => name)).toEqual(['inThread', 'inOther'])
    expect(parents).toEqual(spans.map(([, id]: [string, string]) => id))
  })

  test('without OpenTelemetry loads nothing of it', async () => {
    expect(await resultOf('instrumented.cjs')).toEqual({ parents: [null, null], spans: [], loaded: 0 })
  })
})
