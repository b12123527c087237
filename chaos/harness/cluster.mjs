/**
 * Chaos around a cluster: callers and worker machines as programs of their own, on a Redis with a log. Bodies note their
 * starts and ends in a file, the witness.
 */
import { fork, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { sleep, until } from './waits.mjs'

const PROGRAMS = fileURLToPath(new URL('../../spec/fixtures/cluster-faults', import.meta.url))
const LEASE = 5000
const MACHINES = 3
const IN_FLIGHT = 40
/** A machine is given up after its lease and two checks; then the queue has to be worked off. */
const END_LIMIT = 60_000

/** Numbers between 0 and 1 that depend on the seed only. */
function randomOf(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

class Cluster {
  folder = mkdtempSync(join(tmpdir(), 'pebble-chaos-cluster-'))
  log = join(this.folder, 'witness')
  machines = []
  programs = []
  /** How often each call may start. */
  allowed = new Map()
  /** Calls without an outcome, by their number. */
  open = new Map()
  outcomes = new Map()
  deeds = new Map()
  unexplained = []
  #count = 0

  async start() {
    this.port = await freePort()
    await this.startEngine()
    this.control = new Redis({ port: this.port, maxRetriesPerRequest: null })
    this.control.on('error', () => undefined)
    this.caller = await this.program('caller.mjs', {})
    this.caller.on('message', (message) => this.#settled(message))
    for (let n = 0; n < MACHINES; n++) this.machines.push(await this.program('machine.mjs', { processes: 2 }))
  }

  startEngine() {
    const options = ['--port', String(this.port), '--dir', this.folder, '--save', '', '--appendonly', 'yes']
    this.engine = spawn('redis-server', options, { stdio: 'ignore' })
    return new Promise((resolve) => setTimeout(resolve, 200))
  }

  async program(file, more) {
    const connection = `redis://127.0.0.1:${this.port}`
    const options = { queue: 'chaos', connection, secret: 'of chaos', lease: LEASE, root: PROGRAMS, ...more }
    const child = fork(join(PROGRAMS, file), [JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.programs.push(child)
    child.on('error', () => undefined)
    await new Promise((resolve) => child.once('message', resolve))
    return child
  }

  call(body, args, options, allowed) {
    const n = ++this.#count
    const id = `c${n}`
    this.allowed.set(id, allowed)
    this.open.set(n, id)
    this.caller.send({ n, do: 'call', body, options: { id, args: [this.log, ...args], ...options } })
    return n
  }

  cancel(of) {
    this.caller.send({ n: 0, do: 'cancel', of })
  }

  did(deed) {
    this.deeds.set(deed, (this.deeds.get(deed) ?? 0) + 1)
  }

  /** Pids of bodies that have started and not ended. */
  running() {
    const lines = this.#lines()
    const ended = new Set(lines.filter(([what]) => what === 'end').map(([, id, pid]) => `${id} ${pid}`))
    return lines
      .filter(([what, id, pid]) => what === 'start' && !ended.has(`${id} ${pid}`))
      .map(([, , pid]) => Number(pid))
  }

  audit() {
    const starts = new Map()
    for (const [what, id] of this.#lines()) if (what === 'start') starts.set(id, (starts.get(id) ?? 0) + 1)
    const tooOften = [...starts].filter(([id, count]) => count > this.allowed.get(id))
    const overlaps = this.#lines().filter(([what]) => what === 'overlap').length
    return { started: starts.size, tooOften, overlaps }
  }

  async end() {
    for (const child of this.programs) child.kill('SIGCONT')
    for (const child of this.programs) child.kill('SIGKILL')
    const pids = this.#lines().flatMap(([what, , pid]) => (what === 'start' ? [Number(pid)] : []))
    const living = () => [...new Set(pids)].filter(isBody)
    await until(() => living().length === 0, 5000)
    const orphans = living()
    this.control.disconnect()
    this.engine.kill('SIGKILL')
    return orphans
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #settled({ n, value, error }) {
    if (!this.open.delete(n)) return
    const name = error ? (error.mayHaveRun ? `${error.name}, may have run` : error.name) : 'value'
    this.outcomes.set(name, (this.outcomes.get(name) ?? 0) + 1)
    const isExplained = !error || error.mayHaveRun || error.name === 'AbortError' || error.signal === 'SIGKILL'
    if (!isExplained || (value === undefined && !error))
      this.unexplained.push(`c${n}: ${error?.name} ${error?.message}`)
  }

  #lines() {
    if (!existsSync(this.log)) return []
    return readFileSync(this.log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' '))
  }
}

/** A worker process of this run; pids are reused. */
function isBody(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return (
      stat[stat.lastIndexOf(')') + 2] !== 'Z' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('process-entry')
    )
  } catch {
    return false
  }
}

/** What happens to the cluster. Each deed resolves when the next one may follow. */
const deeds = {
  async killMachine(cluster, random) {
    const at = Math.floor(random() * MACHINES)
    cluster.machines[at].kill('SIGKILL')
    cluster.machines[at] = await cluster.program('machine.mjs', { processes: 2 })
  },
  async stopMachine(cluster, random) {
    const machine = cluster.machines[Math.floor(random() * MACHINES)]
    machine.kill('SIGSTOP')
    setTimeout(() => machine.kill('SIGCONT'), 500 + random() * 9000)
  },
  async killBody(cluster, random) {
    const pids = cluster.running().filter(isBody)
    if (pids.length > 0) process.kill(pids[Math.floor(random() * pids.length)], 'SIGKILL')
  },
  async cutLinks(cluster) {
    for (const type of ['normal', 'pubsub']) await cluster.control.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes')
  },
  async restartEngine(cluster, random) {
    cluster.engine.kill('SIGKILL')
    await sleep(random() * 800)
    await cluster.startEngine()
  },
}

function makeCalls(cluster, random) {
  for (let left = 1 + Math.floor(random() * 8); left > 0; left--) {
    const again = random() < 0.4
    const ms = random() < 0.05 ? 6000 : Math.floor(random() * 300)
    const retries = again ? { retries: { attempts: 2, on: ['lost'] } } : {}
    const n = cluster.call(random() < 0.2 ? 'spin' : 'work', [ms], retries, again ? 2 : 1)
    if (random() < 0.1) setTimeout(() => cluster.cancel(n), random() * 300)
  }
}

export async function runClusterChaos({ seed, seconds }) {
  const random = randomOf(seed)
  const cluster = new Cluster()
  await cluster.start()
  const end = performance.now() + seconds * 1000
  let nextDeed = performance.now() + 1000
  let longest = 0
  while (performance.now() < end) {
    if (cluster.open.size < IN_FLIGHT) makeCalls(cluster, random)
    await sleep(20 + random() * 80)
    if (performance.now() < nextDeed) continue
    const name = Object.keys(deeds)[Math.floor(random() * Object.keys(deeds).length)]
    await deeds[name](cluster, random)
    cluster.did(name)
    nextDeed = performance.now() + 500 + random() * 2500
  }
  const drained = performance.now()
  await until(() => cluster.open.size === 0, END_LIMIT)
  longest = performance.now() - drained
  await until(() => cluster.running().filter(isBody).length === 0, 2000)
  const orphans = await cluster.end()
  return { cluster, orphans, longest, ...cluster.audit() }
}

export function reportCluster({ seed, seconds }, { cluster, orphans, longest, started, tooOften, overlaps }) {
  const lines = {
    seed,
    seconds,
    'calls made': cluster.allowed.size,
    'bodies started': started,
    deeds: [...cluster.deeds].map(([name, count]) => `${name} ${count}`).join(', '),
    outcomes: [...cluster.outcomes].map(([name, count]) => `${name} ${count}`).join('; '),
    'settled after the last deed within': `${Math.round(longest)} ms`,
    'started too often': tooOften.length,
    overlaps,
    'never settled': cluster.open.size,
    orphans: orphans.length,
    'not what was ordered': cluster.unexplained.length,
  }
  for (const [name, value] of Object.entries(lines)) console.log(`${name.padEnd(36)}${value}`)
  for (const text of [
    ...cluster.unexplained.slice(0, 20),
    ...tooOften.map(([id, count]) => `${id} started ${count} times`),
  ])
    console.log(text)
  if (cluster.open.size > 0) console.log(`never settled: ${[...cluster.open.values()].join(' ')}`)
  const passed = tooOften.length + overlaps + cluster.open.size + orphans.length + cluster.unexplained.length === 0
  if (passed) cluster.remove()
  else console.log(`kept: ${cluster.folder}`)
  return passed
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
