import { resolve } from 'node:path'
import { task } from 'pebble-ts'
import { QueuePool, QueueWorker } from 'pebble-ts/cluster'
import { settled } from '../support/until'
import { ENGINES, isInstalled, queueName, startEngine } from './services'

const root = resolve(__dirname, '../..')
const add = task(async (a: number, b: number) => a + b)

test.each(ENGINES.filter(isInstalled))('pools and workers close although %s is down', async (name) => {
  const engine = await startEngine(name)
  const queue = queueName()
  const common = { connection: engine.url, secret: 'spec', root }
  const pool = new QueuePool(queue, common)
  const worker = new QueueWorker(queue, { ...common, modules: [__filename], processes: 1 })
  await settled(Promise.all([pool.ready(), worker.ready()]))
  const future = pool.schedule(add, { args: [1, 2], delay: 60_000 })
  await engine.stop()
  expect(future.cancel()).toBe(true)
  const closed = performance.now()
  pool.close()
  await settled(Promise.all([pool.join(), worker.close()]))
  expect(performance.now() - closed).toBeLessThan(30_000)
})
