import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const here = (file) => fileURLToPath(new URL(file, import.meta.url))
let queues = 0
const nextQueue = () => `bench-${process.pid}-${queues++}`
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/** The rate of plain BullMQ and ours, and the share, by rounds. */
export async function measureRates({ connection, rounds, engine }) {
  const measured = { floor: [], ours: [] }
  const calls = engine === 'postgres' ? { CALLS: '400', CALLS_1: '60' } : {}
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? ['floor', 'ours'] : ['ours', 'floor']
    for (const contender of order) measured[contender].push(await ratesOf(contender, connection, calls))
  }
  const rows = ['1', '32', '512'].map((inFlight) => {
    const shares = measured.ours.map((rates, round) => rates[inFlight] / measured.floor[round][inFlight])
    const rate = (name) => `${Math.round(median(measured[name].map((rates) => rates[inFlight])))}/s`
    return `${inFlight.padStart(4)} in flight: BullMQ ${rate('floor')}, pebble-ts ${rate('ours')}, share ${median(shares).toFixed(2)} (${shares.map((share) => share.toFixed(2)).join(', ')})`
  })
  return `calls per second, ${engine}\n${rows.join('\n')}\n`
}

async function ratesOf(contender, connection, env) {
  const queue = nextQueue()
  const worker = start(`${contender}.mjs`, ['worker', connection, queue], env)
  await message(worker)
  const caller = start(`${contender}.mjs`, ['caller', connection, queue], env)
  const rates = await message(caller)
  await Promise.all([end(caller), end(worker)])
  return rates
}

/** From `cancel()` of a busy loop until its process is gone. */
export async function measureCancel({ connection }) {
  return await told('cancel', connection)
}

/** From the SIGKILL of a worker machine until its caller is told. */
export async function measureLost({ connection }) {
  return await told('lost', connection)
}

/** An idle caller beside nine busy ones, and the rate of ten callers against that of one. */
export async function measureCallers({ connection }) {
  return await told('callers', connection)
}

/** Calls per second of 1 to 16 worker machines whose bodies take 50 ms. */
export async function measureMachines({ connection }) {
  return await told('machines', connection)
}

async function told(what, connection) {
  const program = start('scenario.mjs', [what, connection, nextQueue()])
  const text = await message(program)
  await end(program)
  return text
}

function start(file, args, env = {}) {
  const { NODE_EXTRA_CA_CERTS: _, ...rest } = process.env
  return fork(here(file), args, { env: { ...rest, ...env } })
}

/** The first message of a program; rejects if it exits before. */
function message(program) {
  return new Promise((resolve, reject) => {
    program.once('message', resolve)
    program.once('exit', (code) =>
      reject(new Error(`${program.spawnargs.slice(1, 3).join(' ')} exited with code ${code}`)),
    )
  })
}

async function end(program) {
  if (program.exitCode !== null) return
  const exit = once(program, 'exit')
  program.kill('SIGKILL')
  await exit
}
