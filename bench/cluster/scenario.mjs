// One measurement that needs several programs: `node scenario.mjs cancel|lost|callers|machines <connection> <queue>`.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import cluster from '../../dist/cluster.js'
import { add, loop, pause } from './tasks.mjs'

const { QueuePool } = cluster
const [what, connection, queue] = process.argv.slice(2)
const root = fileURLToPath(new URL('../..', import.meta.url))
const LEASE = 5000
const common = { connection, root, secret: 'bench', lease: LEASE }
const programs = []
const scenarios = { cancel, lost, callers, machines }

const text = await scenarios[what]()
for (const program of programs) program.kill('SIGKILL')
process.send(text, () => process.exit(0))

/** From `cancel()` of a busy loop until its process is gone. */
async function cancel() {
  await start('worker', { PROCESSES: '1', CONCURRENCY: '1' })
  const pool = new QueuePool(queue, common)
  await pool.schedule(add, { args: [1, 2] })
  const file = join(tmpdir(), `${queue}.pid`)
  const times = []
  for (let n = 0; n < 15; n++) {
    const future = pool.schedule(loop, { args: [file] })
    while (!existsSync(file)) await sleep(5)
    const pid = Number(readFileSync(file, 'utf8'))
    rmSync(file)
    const cancelled = performance.now()
    future.cancel()
    await future.catch(() => undefined)
    while (isAlive(pid)) await sleep(1)
    times.push(performance.now() - cancelled)
  }
  times.sort((a, b) => a - b)
  return `cancel of a busy loop on another machine: its process is gone after ${ms(times[7])} (median), ${ms(times.at(-1))} (longest of 15)\n`
}

/** From the SIGKILL of a worker machine until its caller is told. */
async function lost() {
  const worker = await start('worker', { PROCESSES: '1', CONCURRENCY: '1', LEASE: String(LEASE) })
  const pool = new QueuePool(queue, common)
  await pool.schedule(add, { args: [1, 2] })
  const future = pool.schedule(pause, { args: [60_000] })
  while (!future.running()) await sleep(5)
  worker.kill('SIGKILL')
  const killed = performance.now()
  const error = await future.catch((reason) => reason)
  return `a killed machine, lease ${LEASE} ms, no other worker: told after ${ms(performance.now() - killed)} (${error.constructor.name}, mayHaveRun ${error.mayHaveRun})\n`
}

/** The rate of ten callers against that of one, and what an idle caller costs beside nine busy ones. */
async function callers() {
  await start('worker', { PROCESSES: '2', CONCURRENCY: '32' })
  const one = await rateOf(1)
  const ten = await rateOf(10)
  const idle = await start('idle', {})
  const before = await cpuOf(idle)
  const started = performance.now()
  await rateOf(9)
  const used = (await cpuOf(idle)) - before
  const share = (100 * used) / (performance.now() - started)
  return [
    `calls per second of 1 caller ${Math.round(one)}, of 10 callers together ${Math.round(ten)}: ${(ten / one).toFixed(2)}`,
    `an idle caller beside nine busy ones: ${share.toFixed(2)} % of a core\n`,
  ].join('\n')
}

/** Calls per second with bodies of 50 ms, by the number of worker machines (2 processes each). */
async function machines() {
  const rows = []
  for (const count of [1, 2, 4, 8, 16]) {
    while (programs.length < count) await start('worker', { PROCESSES: '2', CONCURRENCY: '2' })
    const pool = new QueuePool(queue, common)
    const calls = count * 40
    await Promise.all(Array.from({ length: count * 4 }, () => pool.schedule(pause, { args: [50] })))
    const started = performance.now()
    await Promise.all(Array.from({ length: calls }, () => pool.schedule(pause, { args: [50] })))
    const rate = calls / ((performance.now() - started) / 1000)
    rows.push(
      `${String(count).padStart(4)} machines: ${Math.round(rate)}/s, ${Math.round((100 * rate) / (count * 40))} % of what their processes can do`,
    )
    pool.close()
    await pool.join()
  }
  return `bodies of 50 ms, 2 processes per machine, all on this one\n${rows.join('\n')}\n`
}

/** The calls per second that so many programs make together, 32 in flight in all. */
async function rateOf(count) {
  const each = await Promise.all(
    Array.from({ length: count }, () => start('load', { IN_FLIGHT: String(Math.ceil(32 / count)), SECONDS: '4' })),
  )
  for (const program of each) program.send('go')
  const counts = await Promise.all(each.map(async (program) => (await once(program, 'message'))[0]))
  return counts.reduce((sum, count) => sum + count, 0) / 4
}

async function start(role, env) {
  const program = fork(fileURLToPath(new URL('ours.mjs', import.meta.url)), [role, connection, queue], {
    env: { ...process.env, ...env },
  })
  programs.push(program)
  await once(program, 'message')
  return program
}

async function cpuOf(program) {
  program.send('cpu')
  return (await once(program, 'message'))[0]
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function sleep(duration) {
  return new Promise((resolve) => setTimeout(resolve, duration))
}

function ms(value) {
  return `${Math.round(value)} ms`
}
