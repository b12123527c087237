/** One program and two worker machines: what happens when one is killed, a call is cancelled, and new code is deployed. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { futureOf, pools, type ProcessExpired, type ProcessFuture } from 'pebble-ts'
import { QueuePool, type QueueFuture } from 'pebble-ts/cluster'
import { startEngine } from './engine'
import { Machine } from './machine'
import { Reports } from './reports'

const QUEUE = 'reports'

async function main(): Promise<void> {
  process.env['PEBBLE_SECRET'] = randomBytes(32).toString('hex') // the machines inherit it
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pebble-cluster-')))
  const engine = await startEngine(folder)
  const machines = [new Machine('machine a', folder), new Machine('machine b', folder)] as const
  const pool = new QueuePool(QUEUE, { connection: engine.url, lease: 5_000 })
  pools.register('cluster', pool)
  try {
    for (const machine of machines) machine.deploy()
    await Promise.all(machines.map((machine) => machine.start(QUEUE, engine.url)))
    console.log(`The queue is on ${engine.name}. Two machines are ready.`)
    await tell(pool, machines, engine.url)
  } finally {
    pool.stop()
    await pool.join()
    for (const machine of machines) await machine.drain()
    await engine.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function tell(pool: QueuePool, machines: readonly [Machine, Machine], url: string): Promise<void> {
  const reports = new Reports('ACME')
  const nameOf = (future: QueueFuture<unknown>): string =>
    machines.find(({ pid }) => future.worker?.endsWith(`:${pid}`))?.name ?? 'another machine'

  title('Eight pages')
  const pages = [1, 2, 3, 4, 5, 6, 7, 8].map((page) => futureOf(reports.render(page)) as QueueFuture<string>)
  await Promise.all(pages)
  console.log(await pages[0])
  for (const { name } of machines)
    console.log(`${name}: ${pages.some((page) => nameOf(page) === name) ? 'has made pages' : 'was idle'}`)

  title('A machine is killed in the middle')
  const [careful, stubborn] = [
    pool.schedule(reports.archive, { args: [3_000] }),
    pool.schedule(reports.archive, { args: [3_000], retries: { attempts: 2, on: ['lost'] } }),
  ]
  await Promise.all([started(careful), started(stubborn)])
  for (const machine of machines) await machine.kill()
  console.log('Both machines are killed. One comes back.')
  await machines[0].start(QUEUE, url)
  const error = (await careful.catch((thrown: unknown) => thrown)) as ProcessExpired & { mayHaveRun: boolean }
  console.log(`without retries: ${error.name}, mayHaveRun: ${error.mayHaveRun}`)
  console.log(`with retries:    ${await stubborn}, at attempt ${stubborn.attempt}`)

  title('A loop is cancelled')
  const spinning = futureOf(reports.spin()) as ProcessFuture<never>
  const pid = await started(spinning)
  const at = performance.now()
  console.log(`cancelled: ${spinning.cancel()}`)
  await spinning.catch(() => undefined)
  while (isAlive(pid)) await pause()
  console.log(`its process is gone after ${Math.round(performance.now() - at)} ms`)

  title('New code is deployed while calls wait')
  console.log(`the machine drains, and exits with ${await machines[0].drain()}`)
  const waiting = [futureOf(reports.render(9)), futureOf(reports.render(10))]
  while ((await pool.refresh()).queue?.waiting !== waiting.length) await pause()
  console.log('two calls wait')
  for (const machine of machines) machine.deploy('second edition')
  await Promise.all(machines.map((machine) => machine.start(QUEUE, url)))
  for (const page of waiting) console.log(await page)
}

/** Resolves to the process of a body, once it runs. */
function started(future: ProcessFuture<unknown>): Promise<number> {
  return new Promise((resolve, reject) => {
    future.onProgress((pid) => resolve(pid as number))
    future.catch(reject)
  })
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const pause = (): Promise<void> => wait(5)

const title = (text: string): void => console.log(`\n${text}`)

void main()
