/** Calls whose worker imports their module for long: the program is told, once a module. */
import { DispatchedMethod } from '../../src/dispatch/dispatched-method'
import { FakeClock } from '../support/clock'
import { outcome } from '../support/outcome'
import { warnings } from '../support/warnings'
import { FakePool } from './fake-pool'

const method = (name: string): DispatchedMethod =>
  new DispatchedMethod({ index: 0, key: { module: { url: `file:///app/${name}.js` } }, cls: null, label: `\`run\` of ${name}.js` }) // prettier-ignore

const of = (name: string) => ({ payload: { method: method(name) } })

test('after a while, and not again', async () => {
  const [heard, clock] = [warnings({ imports: true }), new FakeClock()]
  const pool = new FakePool({ maxWorkers: 1 })
  const call = outcome(pool.call('a', {}, of('slow')))
  const worker = pool.worker(0).serve()
  await pool.flushed()
  worker.load('a')
  await clock.pass(1_500)
  expect(heard).toEqual([])
  await clock.pass(700)
  expect(heard).toMatchObject([
    {
      message:
        'The import of slow.js in a worker process has not finished after 1500 ms: `run` of slow.js waits for it.',
    },
  ])
  await clock.pass(5_000)
  worker.run('a')
  expect(await call).toBe('a!')
  const again = outcome(pool.call('b', {}, of('slow')))
  await pool.flushed()
  worker.load('b')
  await clock.pass(5_000)
  worker.run('b')
  expect([await again, heard.length]).toEqual(['b!', 1])
})

test('nothing of a call whose body takes long, or that waits for another', async () => {
  const [heard, clock] = [warnings({ imports: true }), new FakeClock()]
  const pool = new FakePool({ maxWorkers: 1 })
  const calls = ['a', 'b'].map((name) => outcome(pool.call(name, {}, of('quick'))))
  const worker = pool.worker(0).serve()
  await pool.flushed()
  worker.start('a')
  await clock.pass(5_000)
  worker.finish('a')
  await pool.flushed()
  worker.run('b')
  expect([await Promise.all(calls), heard]).toEqual([['a!', 'b!'], []])
})
