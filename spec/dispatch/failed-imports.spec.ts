/** Modules that end the workers that import them: their calls fail after a bounded number of starts. */
import { DispatchedMethod } from '../../src/dispatch/call'
import { ProcessExpired } from '../../src/errors'
import { FakeClock } from '../support/clock'
import { outcome } from '../support/outcome'
import { until } from '../support/until'
import { FakePool } from './fake-pool'

const method = (index: number): DispatchedMethod =>
  new DispatchedMethod({
    index,
    key: { module: { url: `file:///m${index}.js` } },
    cls: null,
    label: `\`m${index}\` of m.js`,
  })

const [bad, good] = [method(1), method(2)]
const of = (dispatched: DispatchedMethod) => ({ payload: { method: dispatched } })

/** The worker at that index imports the module for the call with that name, and exits. */
async function endLoading(pool: FakePool, index: number, name: string): Promise<void> {
  await pool.flushed()
  pool.worker(index).serve().load(name)
  pool.worker(index).exit({ exitCode: 5 })
  await pool.flushed()
}

test('after three workers, all calls of the module fail, and later ones fail at once', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  const outcomes = Array.from({ length: 20 }, (_, n) => outcome(pool.call(`bad${n}`, {}, of(bad))))
  for (const index of [0, 1, 2]) await endLoading(pool, index, 'bad0')
  for (const error of await Promise.all(outcomes)) {
    expect(error).toBeInstanceOf(ProcessExpired)
    expect((error as Error).message).toMatch(/while it imported the module of `m1` of m\.js \(3 workers in a row\)\. /)
  }
  expect(await outcome(pool.call('later', {}, of(bad)))).toBeInstanceOf(ProcessExpired)
  expect(pool.workers).toHaveLength(3)
})

test('several workers that import the module at the same time are not all replaced again', async () => {
  const pool = new FakePool({ maxWorkers: 4 })
  const outcomes = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => outcome(pool.call(name, {}, of(bad))))
  await pool.flushed()
  pool.workers.slice(0, 4).forEach((worker) => worker.serve().load(worker.names[0]))
  pool.workers.slice(0, 4).forEach((worker) => worker.exit({ exitCode: 5 }))
  for (const worker of pool.workers.slice(4)) worker.exit({ exitCode: 5 })
  for (const error of await Promise.all(outcomes)) expect(error).toBeInstanceOf(ProcessExpired)
  expect(pool.workers.length).toBeLessThanOrEqual(7)
})

test('calls of other modules run', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  const failed = outcome(pool.call('bad', {}, of(bad)))
  const other = pool.call('good', {}, of(good))
  for (const index of [0, 1, 2]) await endLoading(pool, index, 'bad')
  expect(await failed).toBeInstanceOf(ProcessExpired)
  await pool.flushed()
  pool.worker(3).serve().run('good')
  expect(await outcome(other)).toBe('good!')
})

test('after a pause one worker tries again: a fixed module works, otherwise the next pause is longer', async () => {
  const clock = new FakeClock()
  const pool = new FakePool({ maxWorkers: 1 })
  const first = outcome(pool.call('a', {}, of(bad)))
  for (const index of [0, 1, 2]) await endLoading(pool, index, 'a')
  await first
  await clock.pass(999)
  expect(await outcome(pool.call('soon', {}, of(bad)))).toBeInstanceOf(ProcessExpired)
  await clock.pass(2)
  const again = outcome(pool.call('again', {}, of(bad)))
  await endLoading(pool, 3, 'again')
  expect(await again).toBeInstanceOf(ProcessExpired)
  await clock.pass(1_500)
  expect(await outcome(pool.call('still', {}, of(bad)))).toBeInstanceOf(ProcessExpired)
  expect(pool.workers).toHaveLength(4)
  await clock.pass(501)
  const fixed = pool.call('fixed', {}, of(bad))
  await pool.flushed()
  pool.worker(4).serve().run('fixed')
  expect(await outcome(fixed)).toBe('fixed!')
  pool.call('next', {}, of(bad))
  await pool.flushed()
  expect(pool.worker(4).names).toEqual(['fixed', 'next'])
})

test('a worker that has imported the module goes on running its calls', async () => {
  const pool = new FakePool({ maxWorkers: 2 })
  const served = pool.call('served', {}, of(bad))
  pool.worker(0).serve().start('served')
  const second = pool.call('second', {}, of(bad))
  await endLoading(pool, 1, 'second')
  pool.worker(0).finish('served')
  expect(await outcome(served)).toBe('served!')
  await endLoading(pool, 2, 'second')
  pool.worker(0).run('second')
  expect(await outcome(second)).toBe('second!')
  // It is busy: one more worker is tried, the third, and then no more.
  const calls = ['x', 'y', 'z'].map((name) => pool.call(name, {}, of(bad)))
  await pool.flushed()
  pool.worker(0).start('x')
  await endLoading(pool, 3, 'y')
  expect(pool.workers).toHaveLength(4)
  pool.worker(0).finish('x')
  await pool.flushed()
  for (const name of ['y', 'z']) {
    pool.worker(0).run(name)
    await pool.flushed()
  }
  expect(await Promise.all(calls.map(outcome))).toEqual(['x!', 'y!', 'z!'])
})

test('a worker that was stopped while it imported the module does not count', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  for (const index of [0, 1, 2, 3]) {
    const call = pool.call(index, {}, of(bad))
    await pool.flushed()
    pool.worker(index).serve().load(index)
    call.cancel()
    pool.worker(index).exit({ exitCode: null, signal: 'SIGTERM' })
  }
  pool.call('runs', {}, of(bad))
  await pool.flushed()
  expect(pool.worker(4).names).toEqual(['runs'])
})

test('a call fails after three workers that died before they started any call', async () => {
  const pool = new FakePool({ maxWorkers: 1 })
  const failed = outcome(pool.call('a'))
  for (const index of [0, 1, 2]) {
    await pool.flushed()
    pool.worker(index).serve().exit({ exitCode: 5 })
  }
  expect(await failed).toMatchObject({ message: 'Worker process 102 exited with code 5 before it ran `job` of jobs.ts (3 workers in a row).' }) // prettier-ignore
  expect(pool.workers).toHaveLength(3)
})

test('methods that were announced to a spare that died are not announced again', async () => {
  const pool = new FakePool({ maxWorkers: 1, maxTasks: 1 })
  for (const name of ['a', 'b', 'c']) {
    const call = pool.call(name, {}, of(good))
    await pool.flushed()
    const worker = pool.workers.find(({ names }) => names.includes(name))
    const hasSpare = () => pool.workers.at(-1) !== worker
    worker?.serve().run(name)
    await outcome(call)
    worker?.exit({ exitCode: 0 })
    await until(hasSpare, 'a spare to start')
    const spare = pool.workers.at(-1)
    spare?.serve()
    if (name === 'a') expect(spare?.sent).toHaveLength(1)
    else expect(spare?.sent).toHaveLength(0)
    spare?.exit({ exitCode: 5 })
  }
})

describe('a call that only a busy worker may run, because its module ends new workers,', () => {
  /** Worker 0 has imported the module, and runs a long body of another one. Three younger workers have died of it. */
  async function paused(): Promise<{ pool: FakePool; waiting: Promise<unknown> }> {
    const pool = new FakePool({ maxWorkers: 2 })
    const imported = outcome(pool.call('imported', {}, of(method(1))))
    await pool.flushed()
    pool.worker(0).serve().start('imported')
    const dead = outcome(pool.call('dead', {}, of(method(1))))
    for (const index of [1, 2, 3]) await endLoading(pool, index, 'dead')
    expect(await dead).toBeInstanceOf(ProcessExpired)
    pool.worker(0).finish('imported')
    expect(await imported).toBe('imported!')
    void outcome(pool.call('long', {}, of(method(2))))
    await pool.flushed()
    pool.worker(0).start('long')
    const waiting = outcome(pool.call('waiting', {}, of(method(1))))
    await pool.flushed()
    return { pool, waiting }
  }

  test('does not hold up the calls of other modules behind it', async () => {
    const { pool, waiting } = await paused()
    const other = pool.call('other', {}, of(method(3)))
    await pool.flushed()
    pool.worker(4).serve().run('other')
    expect(await outcome(other)).toBe('other!')
    pool.worker(0).finish('long')
    await pool.flushed()
    pool.worker(0).run('waiting')
    expect(await waiting).toBe('waiting!')
  })

  test('may run in a new worker once the pause is over, without any other event', async () => {
    const clock = new FakeClock()
    const { pool, waiting } = await paused()
    await clock.pass(1_001)
    await pool.flushed()
    pool.workers.at(-1)?.serve().run('waiting')
    expect(await waiting).toBe('waiting!')
  })
})
