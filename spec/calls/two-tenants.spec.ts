/** Requests of two tenants are served at the same time by one pool. Each sees its own store and its own span, everywhere. */
import { trace } from '@opentelemetry/api'
import { callbacks, configure, futureOf, pools, ProcessPool, ThreadPool, type Future } from 'pebble-ts'
import * as fixture from '../fixtures/tenants'
import { startTracing as initializer } from '../fixtures/tracing'
import { Gate } from '../support/gate'
import { forEachKind } from '../support/setup'
import { endedSpans, startTracing, stopTracing } from '../support/spans'
import { failure, settled } from '../support/until'

const { tenants, whose } = fixture

/** 10 calls, 2 that fail, a stream and 12 elements of a map: 25 calls for each request. */
const REQUESTS = 400
const WORK = 10
const FAILING = 2
const ITEMS = 4
const ELEMENTS = 12
const CHUNK = 5
const CHUNKS = Math.ceil(ELEMENTS / CHUNK)

/** Compares what code sees with the request that it belongs to. */
class Witness {
  readonly seen: Record<string, number> = {}
  readonly mixedUp: string[] = []

  check(where: string, expected: string, actual: unknown = whose()): void {
    this.seen[where] = (this.seen[where] ?? 0) + 1
    if (actual !== expected) this.mixedUp.push(`${where}: ${String(actual)} instead of ${expected}`)
  }
}

beforeEach(() => startTracing())
afterEach(stopTracing)

/** Runs `fn` as a request of its own: with a store, and with a span that starts a trace. */
function serve<T>(request: number, fn: (expected: string) => T): T {
  const name = request % 2 === 0 ? 'acme' : 'globex'
  return tenants.run({ name, request }, () =>
    trace.getTracer('spec').startActiveSpan(`request ${request}`, { root: true }, (span) => {
      const result = fn(whose())
      span.end()
      return result
    }),
  )
}

forEachKind('two tenants', (kind) => {
  const Calls = fixture.calls[kind]
  const Pool = kind === 'thread' ? ThreadPool : ProcessPool
  let pool: ThreadPool | ProcessPool
  beforeAll(() => {
    pool = new Pool({ name: `tenants-${kind}`, maxWorkers: 2, concurrency: 4, initializer, initArgs: ['all'] })
    pools.register(`tenants-${kind}`, pool)
  })
  afterAll(async () => {
    pool.stop({ force: true })
    await settled(pool.join())
  })

  /** All kinds of calls of one request, started together. */
  async function everything(witness: Witness, expected: string): Promise<void> {
    const job = new Calls()
    callbacks(job, 'work').callback = (_id, result) => {
      witness.check('callback', expected)
      witness.check('body, in its callback', expected, result)
    }
    callbacks(job, 'fail').errorCallback = (_id, error) => {
      witness.check('errorCallback', expected)
      witness.check('body that failed', expected, error.message)
    }
    const work = Array.from({ length: WORK }, () => watch(witness, expected, futureOf(job.work())))
    const failing = Array.from({ length: FAILING }, () => job.fail().catch(() => witness.check('catch', expected)))
    await Promise.all([...work, ...failing, stream(witness, expected, job), map(witness, expected)])
    witness.check('the caller', expected)
  }

  async function watch(witness: Witness, expected: string, future: Future<string>): Promise<void> {
    future.onProgress((progress) => {
      witness.check('onProgress', expected)
      witness.check('progress', expected, progress)
    })
    future.addDoneCallback(() => witness.check('done-callback', expected))
    witness.check('body', expected, await future)
    witness.check('the caller, after a call', expected)
  }

  async function stream(witness: Witness, expected: string, job: InstanceType<typeof Calls>): Promise<void> {
    for await (const item of job.stream(ITEMS)) {
      witness.check('item', expected, item)
      witness.check('the reader of a stream', expected)
    }
  }

  async function map(witness: Witness, expected: string): Promise<void> {
    const elements = function* (): Generator<number> {
      for (let n = 0; n < ELEMENTS; n++) {
        witness.check('the iterable of a map', expected)
        yield n
      }
    }
    for await (const result of pool.map(fixture.ofElement, elements(), { chunkSize: CHUNK })) {
      witness.check('element', expected, result)
      witness.check('the reader of a map', expected)
    }
  }

  test('are never mixed up in 10,000 calls', async () => {
    const witness = new Witness()
    const requests = Array.from({ length: REQUESTS }, (_unused, n) => serve(n, (mine) => everything(witness, mine)))
    await settled(Promise.all(requests), 'all requests')
    expect(witness.mixedUp).toEqual([])
    const times = (count: number): number => count * REQUESTS
    expect(witness.seen).toEqual({
      body: times(WORK),
      'body, in its callback': times(WORK),
      'body that failed': times(FAILING),
      callback: times(WORK),
      catch: times(FAILING),
      'done-callback': times(WORK),
      element: times(ELEMENTS),
      errorCallback: times(FAILING),
      item: times(ITEMS),
      onProgress: times(WORK),
      progress: times(WORK),
      'the caller': times(1),
      'the caller, after a call': times(WORK),
      'the iterable of a map': times(ELEMENTS),
      'the reader of a map': times(ELEMENTS),
      'the reader of a stream': times(ITEMS),
    })
    expect(WORK + FAILING + 1 + ELEMENTS).toBe(10_000 / REQUESTS)
    const spans = await endedSpans(times(1 + WORK + FAILING + 1 + CHUNKS))
    const perTrace = new Map<string, number>()
    for (const span of spans) {
      const { traceId } = span.spanContext()
      perTrace.set(traceId, (perTrace.get(traceId) ?? 0) + 1)
    }
    expect(perTrace.size).toBe(REQUESTS)
    expect(new Set(perTrace.values())).toEqual(new Set([1 + WORK + FAILING + 1 + CHUNKS]))
  })

  test('keep their own context in calls that a body makes', async () => {
    const seen = await settled(serve(7, async (mine) => [mine, ...(await new Calls().nested())]))
    const [mine = '', outer, inner, afterwards] = seen
    expect([outer, afterwards]).toEqual([mine, mine])
    expect(inner).toBe(mine.replace('globex 7', 'inner 0'))
  })

  test('share the result of a memoized method by its key, which may name the tenant', async () => {
    const job = new Calls()
    const [first, second] = await settled(
      Promise.all([0, 1].map((n) => serve(n, async () => (await job.remembered('a')).slice(0, 6)))),
    )
    expect([first, second]).toEqual(['acme 0', 'acme 0'])
    const own = [0, 1, 2, 3].map((n) => serve(n, async () => (await job.rememberedOfTenant('a')).split(' ')[0]))
    expect(await settled(Promise.all(own))).toEqual(['acme', 'globex', 'acme', 'globex'])
  })

  test('run a memoized call themselves, in their own context, if the call that they waited for is cancelled', async () => {
    const [job, gate] = [new Calls(), new Gate()]
    const first = serve(0, () => futureOf(job.held(gate.path)))
    const second = serve(1, (mine) => ({ mine, future: futureOf(job.held(gate.path)) }))
    await gate.whenArrived()
    serve(2, () => first.cancel())
    await failure(first)
    gate.open()
    expect(await settled(second.future)).toBe(second.mine)
  })

  test('keep their context if the worker is killed before their calls start', async () => {
    const solo = new Pool({ maxWorkers: 1, initializer, initArgs: ['all'] })
    const gate = new Gate()
    const running = solo.schedule(fixture.hold, { args: [gate.path] })
    await gate.whenArrived()
    const waiting = [0, 1, 2, 3].map((n) => serve(n, async (mine) => [mine, await solo.schedule(fixture.ofCall)]))
    await new Promise((resolve) => setImmediate(resolve)) // they are sent ahead to the worker
    running.cancel()
    for (const [mine, seen] of await settled(Promise.all(waiting))) expect(seen).toBe(mine)
    solo.close()
    await settled(solo.join())
  })

  describe('in eager mode', () => {
    beforeEach(() => configure({ eager: true }))
    afterEach(() => configure({ eager: undefined }))

    test('are not mixed up either', async () => {
      const witness = new Witness()
      const requests = Array.from({ length: 20 }, (_unused, n) => serve(n, (mine) => everything(witness, mine)))
      await settled(Promise.all(requests))
      expect(witness.mixedUp).toEqual([])
      expect(witness.seen).toMatchObject({ body: 20 * WORK, item: 20 * ITEMS, element: 20 * ELEMENTS })
    })
  })
})
