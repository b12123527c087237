/** Workers that are stalled, do not respond, or import for long; with a fake clock. */
import { CallState, DispatchedMethod } from '../../src/dispatch/call'
import { FakeClock } from '../support/clock'
import { outcome } from '../support/outcome'
import { warnings } from '../support/warnings'
import { FakePool, type FakeWorker } from './fake-pool'

/** What the library takes for the number of cores, whatever the machine has. */
const CORES = 2
jest.mock('node:os', () => ({
  ...jest.requireActual<object>('node:os'),
  availableParallelism: () => 2,
}))

let clock: FakeClock
beforeEach(() => (clock = new FakeClock()))

async function ready(options = {}, slots: 'shared' | 'file' = 'shared'): Promise<[FakePool, FakeWorker]> {
  const pool = new FakePool({ maxWorkers: 1, ...options }, slots)
  const worker = await pool.learned(0.01)
  await clock.pass(10) // until `unref()`
  return [pool, worker]
}

describe('a stalled worker', () => {
  test('keeps its next call and runs it in the end; the calls behind it are revoked', async () => {
    const [pool, worker] = await ready()
    const calls = pool.calls('a', 'b', 'c')
    await pool.flushed()
    await clock.pass(50)
    worker.run('a', 0.01)
    expect(await outcome(calls[0])).toBe('a!')
    for (const name of ['b', 'c']) worker.run(name) // it skips them: they were revoked
    await pool.flushed()
    await clock.pass(50)
    worker.run('b', 0.01)
    expect(await outcome(calls[1])).toBe('b!')
    expect(worker.names).toEqual(['first', 'a', 'b', 'c', 'b', 'c'])
  })
})

/** Two ready workers. The first one has calls `a`, `c` and `e`, the second one `b` and `d`; `a` has just started. */
async function twoWorkers(): Promise<[FakePool, FakeWorker, FakeWorker]> {
  const pool = new FakePool({ maxWorkers: 2 })
  const first = await pool.learned(0.01)
  pool.calls('x', 'y')
  const second = pool.worker(1).serve()
  first.run('x', 0.01)
  second.run('y', 0.01)
  await clock.pass(10) // until `unref()`
  pool.calls('a', 'b', 'c', 'd', 'e')
  await pool.flushed()
  first.start('a')
  expect([first.names, second.names]).toEqual([
    ['first', 'x', 'a', 'c', 'e'],
    ['y', 'b', 'd'],
  ])
  return [pool, first, second]
}

const runAll = (worker: FakeWorker, ...names: string[]): void => names.forEach((name) => worker.run(name, 0.01))

describe('a free worker', () => {
  test('gets at once what waits behind a call that has run for 1 ms', async () => {
    const [pool, , second] = await twoWorkers()
    await clock.pass(1)
    runAll(second, 'b', 'd')
    await pool.flushed()
    expect(second.names).toEqual(['y', 'b', 'd', 'c', 'e'])
  })

  test('gets it when that call has run for 1 ms; no call runs twice', async () => {
    const [pool, first, second] = await twoWorkers()
    runAll(second, 'b', 'd')
    await clock.pass(0.9)
    expect(second.names).toEqual(['y', 'b', 'd'])
    await clock.pass(0.1)
    expect(second.names).toEqual(['y', 'b', 'd', 'c', 'e'])
    expect([first.start('c'), first.start('e')]).toEqual([false, false])
    runAll(second, 'c', 'e')
    first.finish('a')
    await pool.flushed()
    expect(pool.dispatcher.ledger.pending).toBe(0)
  })

  test('gets it later if calls of that method take long: after twice the expected time', async () => {
    const pool = new FakePool({ maxWorkers: 2 })
    const first = await pool.learned(3)
    pool.calls('x', 'y')
    const second = pool.worker(1).serve()
    first.run('x', 3)
    second.run('y', 3)
    await clock.pass(10)
    pool.calls('a', 'b', 'c')
    await pool.flushed()
    first.start('a')
    second.run('b', 3)
    await clock.pass(4.9)
    expect([first.names.at(-1), second.names.at(-1)]).toEqual(['c', 'b'])
    await clock.pass(1.1)
    expect(second.names.at(-1)).toBe('c')
  })

  test('gets nothing if the outcome of that call is only not read yet', async () => {
    const [pool, first, second] = await twoWorkers()
    first.publish(first.sequences.at(-3) as number, 'a', 0.01)
    await clock.pass(1)
    runAll(second, 'b', 'd')
    await pool.flushed()
    expect(second.names).toEqual(['y', 'b', 'd'])
  })

  test('gets nothing while no call has started, or none waits; then no timer is left', async () => {
    const [pool, first, second] = await twoWorkers()
    runAll(second, 'b', 'd')
    first.finish('a', 0.01)
    runAll(first, 'c')
    first.start('e')
    await clock.pass(4)
    expect([second.names, pool.workers]).toEqual([
      ['y', 'b', 'd'],
      [first, second],
    ])
    first.finish('e', 0.01)
    await clock.pass(2_000)
    expect(clock.timers).toEqual([])
  })

  test('gets what waits in the queue because all cores have work, when a call has run for 5 ms', async () => {
    const pool = new FakePool({ maxWorkers: CORES + 1 })
    await pool.learned(0.01)
    const names = Array.from({ length: CORES + 1 }, (_, n) => `learn ${n}`)
    pool.calls(...names)
    for (const [n, worker] of pool.workers.entries()) {
      if (n > 0) worker.serve()
      worker.run(names[n], 0.01)
    }
    await clock.pass(10)
    const calls = Array.from({ length: CORES * 300 }, (_, n) => pool.call(n))
    await pool.flushed()
    const spare = pool.workers.at(-1) as FakeWorker
    for (let n = 0; n < CORES; n++) pool.worker(n).start(n)
    expect([spare.names.length, calls.some(({ state }) => state === CallState.Queued)]).toEqual([1, true])
    await clock.pass(4.9)
    expect(spare.names).toHaveLength(1)
    await clock.pass(0.1)
    expect(spare.names[1]).toBe(CORES)
  })
})

test('a check that sends calls, because it has found a stalled worker, does not start a second timer', async () => {
  const [pool, worker] = await ready()
  pool.calls('a', 'b', 'c')
  await pool.flushed()
  await clock.pass(4)
  const count = clock.timers.length
  await clock.pass(100)
  expect(worker.start('b')).toBe(false) // it was found stalled
  expect(clock.timers.length).toBeLessThanOrEqual(count)
})

describe('an unresponsive worker', () => {
  test('is replaced at the second check; the next one gets more time', async () => {
    const [pool, worker] = await ready()
    await clock.pass(5_000)
    const call = pool.call('a')
    await clock.pass(1_999)
    expect(worker.killed).toBe(false)
    await clock.pass(1)
    expect(worker.killed).toBe(true)
    const second = pool.worker(1).serve()
    expect(second.names).toEqual(['a'])
    await clock.pass(2_999)
    expect([call.unresponsiveWorkers, second.killed]).toEqual([1, false])
    await clock.pass(1)
    expect([call.unresponsiveWorkers, second.killed]).toEqual([2, true])
    pool.worker(2).serve().run('a')
    expect(await outcome(call)).toBe('a!')
  })

  test('gives its call back to the queue before others get a new worker', async () => {
    const [pool, worker] = await ready()
    const unknown = { payload: { method: new DispatchedMethod(pool.method.definition) } } // it is not sent ahead
    const calls = [pool.call('a'), pool.call('b', {}, unknown)]
    await pool.flushed()
    expect(worker.names.at(-1)).toBe('a')
    await clock.pass(2_000)
    expect(worker.killed).toBe(true)
    const next = pool.worker(1).serve()
    for (const name of ['a', 'b']) {
      await pool.flushed()
      next.run(name)
    }
    expect(next.names).toEqual(['a', 'b'])
    expect(await Promise.all(calls.map(outcome))).toEqual(['a!', 'b!'])
  })

  test('is kept if it starts the call at this very moment', async () => {
    const [pool, worker] = await ready({}, 'file')
    const call = pool.call('a')
    worker.slots.meanwhile = () => worker.slots.start(worker.sequences.at(-1) as number)
    await clock.pass(2_000)
    worker.slots.meanwhile = () => undefined
    expect([worker.killed, call.running()]).toEqual([false, true])
    worker.finish('a')
    expect(await outcome(call)).toBe('a!')
  })
})

const method = (name: string): DispatchedMethod =>
  new DispatchedMethod({ index: 0, key: { module: { url: `file:///app/${name}.js` } }, cls: null, label: `\`run\` of ${name}.js` }) // prettier-ignore

const of = (name: string) => ({ payload: { method: method(name) } })

test('a slow import is reported by a warning, once per module', async () => {
  const seen = warnings({ imports: true })
  const pool = new FakePool({ maxWorkers: 1 })
  const call = outcome(pool.call('a', {}, of('slow')))
  const worker = pool.worker(0).serve()
  await pool.flushed()
  worker.load('a')
  await clock.pass(5_000)
  expect(seen).toEqual([])
  await clock.pass(1_000)
  expect(seen).toMatchObject([
    {
      message:
        'The import of slow.js in a worker process has not finished after 5000 ms: `run` of slow.js waits for it.',
      detail: expect.stringMatching(
        /^A cold cache of the compiler or a busy machine may take so long\. Or the top level/,
      ),
    },
  ])
  await clock.pass(5_000)
  worker.run('a')
  expect(await call).toBe('a!')
  const again = outcome(pool.call('b', {}, of('slow')))
  await pool.flushed()
  worker.load('b')
  await clock.pass(7_000)
  worker.run('b')
  expect([await again, seen.length]).toEqual(['b!', 1])
})

test('the warning shows the beginning of a function that has no name', async () => {
  const seen = warnings({ imports: true })
  const pool = new FakePool({ maxWorkers: 1 })
  const key = { module: { url: 'file:///app/nameless.js' }, member: '' }
  const label = '`(anonymous)` of nameless.js'
  const short = eval('(a, b) =>\n  a + b') as Function // prettier-ignore
  const named = new DispatchedMethod({ index: 1, key, cls: null, label }, short)
  const call = outcome(pool.call('a', {}, { payload: { method: named } }))
  const worker = pool.worker(0).serve()
  await pool.flushed()
  worker.load('a')
  await clock.pass(6_000)
  worker.run('a')
  await call
  expect(seen.map(({ message }) => message)).toEqual([
    expect.stringContaining('after 5000 ms: `(a, b) => a + b` of nameless.js waits for it.'),
  ])
})

test('a call whose body takes long, or that waits behind another, causes no warning about imports', async () => {
  const seen = warnings({ imports: true })
  const pool = new FakePool({ maxWorkers: 1 })
  const calls = ['a', 'b'].map((name) => outcome(pool.call(name, {}, of('quick'))))
  const worker = pool.worker(0).serve()
  await pool.flushed()
  worker.start('a')
  await clock.pass(5_000)
  worker.finish('a')
  await pool.flushed()
  worker.run('b')
  expect([await Promise.all(calls), seen]).toEqual([['a!', 'b!'], []])
})
