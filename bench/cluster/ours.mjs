// pebble-ts/cluster: `node ours.mjs worker|caller|load|idle <connection> <queue>`.
import { fileURLToPath } from 'node:url'
import cluster from '../../dist/cluster.js'
import { measureRates } from './rates.mjs'
import { add } from './tasks.mjs'

const { QueuePool, QueueWorker } = cluster
const [role, connection, name] = process.argv.slice(2)
const { CONCURRENCY = '32', PROCESSES = '2', LEASE = '15000', IN_FLIGHT = '1', SECONDS = '1' } = process.env
const root = fileURLToPath(new URL('../..', import.meta.url))
const common = { connection, root, secret: 'bench', lease: Number(LEASE) }
const roles = { worker, caller, load, idle }

await roles[role]()

async function worker() {
  const processes = Number(PROCESSES)
  const prefetch = Math.max(0, Number(CONCURRENCY) - processes)
  const modules = [new URL('tasks.mjs', import.meta.url)]
  const queueWorker = new QueueWorker(name, { ...common, modules, processes, prefetch })
  await queueWorker.ready()
  process.send('ready')
}

async function caller() {
  const pool = await openPool()
  process.send(await measureRates(() => pool.schedule(add, { args: [1, 2] })))
}

/** Makes calls for some seconds when it is told to, and reports how many ended. */
async function load() {
  const pool = await openPool()
  await pool.schedule(add, { args: [1, 2] })
  process.once('message', async () => {
    let count = 0
    const end = performance.now() + 1000 * Number(SECONDS)
    const inTurn = async () => {
      for (; performance.now() < end; count++) await pool.schedule(add, { args: [1, 2] })
    }
    await Promise.all(Array.from({ length: Number(IN_FLIGHT) }, inTurn))
    process.send(count)
  })
  process.send('ready')
}

/** Waits for one call that does not end, and reports its use of the processor in ms. */
async function idle() {
  const pool = await openPool()
  void pool.schedule(add, { args: [1, 2], delay: 600_000 }).catch(() => undefined)
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send((user + system) / 1000)
  })
  process.send('ready')
}

async function openPool() {
  const pool = new QueuePool(name, common)
  await pool.ready()
  return pool
}
