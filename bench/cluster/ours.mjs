// pebble-ts/cluster: `node ours.mjs worker|caller <connection> <queue>`.
process.on('SIGINT', () => process.exit(0))
import { fileURLToPath } from 'node:url'
import cluster from '../../dist/cluster.js'
import { measureRates } from './rates.mjs'
import { add } from './tasks.mjs'

const { QueuePool, QueueWorker } = cluster
const [role, connection, name] = process.argv.slice(2)
const root = fileURLToPath(new URL('../..', import.meta.url))
const common = { connection, root, secret: 'bench' }
const concurrency = Number(process.env.CONCURRENCY ?? 32)
const processes = Number(process.env.PROCESSES ?? 2)

if (role === 'worker') {
  const modules = [new URL('tasks.mjs', import.meta.url)]
  const worker = new QueueWorker(name, {
    ...common,
    modules,
    processes,
    prefetch: Math.max(0, concurrency - processes),
  })
  await worker.ready()
  process.send('ready')
} else {
  const pool = new QueuePool(name, common)
  await pool.ready()
  process.send(await measureRates(() => pool.schedule(add, { args: [1, 2] })))
}
