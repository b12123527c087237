/**
 * Chaos around a cluster: a caller and worker machines as programs of their own, on Redis or PostgreSQL. Bodies note their
 * starts and ends in a file, the witness. Where network namespaces are available, each program has its own.
 */
import { fork } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deeds, OF_LINKS } from './cluster-deeds.mjs'
import { ENGINES } from './cluster-engines.mjs'
import { ClusterNetwork } from './cluster-network.mjs'
import { sleep, until } from './waits.mjs'

const PROGRAMS = fileURLToPath(new URL('../../spec/fixtures/cluster-faults', import.meta.url))
const LEASE = 5000
const MACHINES = 3
const IN_FLIGHT = 40
/** A machine is given up after its lease and two checks; then the queue has to be worked off. */
const END_LIMIT = 60_000
/** How long after a harm a caller may be told of it, in ms: a lease, two checks, and time for a busy machine. */
const TOLD_WITHIN = 2 * LEASE + 5000

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
  network = new ClusterNetwork()
  /** What may have lost calls: the machine, or `undefined` for the engine; when it began, and when it was over. */
  harms = []
  /** Bodies that were killed, and calls that were cancelled. */
  killed = new Set()
  cancelled = new Set()
  /** When each call was made. */
  made = new Map()
  unexplained = []
  #count = 0

  async start(kind) {
    await this.network.open()
    const { host, engine } = this.network
    this.engine = new ENGINES[kind]({
      folder: this.folder,
      port: String(await freePort()),
      host,
      prefix: engine.prefix,
    })
    await this.engine.start()
    this.callerPlace = await this.network.join()
    this.caller = await this.program('caller.mjs', {}, this.callerPlace)
    this.caller.on('message', (message) => this.#settled(message))
    for (let n = 0; n < MACHINES; n++) this.machines.push(await this.openMachine())
  }

  async openMachine() {
    const place = await this.network.join()
    return { place, child: await this.program('machine.mjs', { processes: 2 }, place) }
  }

  async program(file, more, { prefix }) {
    const options = {
      queue: 'chaos',
      connection: this.engine.url,
      secret: 'of chaos',
      lease: LEASE,
      root: PROGRAMS,
      ...more,
    }
    const [execPath, ...execArgv] = [...prefix, process.execPath]
    const child = fork(join(PROGRAMS, file), [JSON.stringify(options)], {
      execPath,
      execArgv,
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
    this.made.set(n, performance.now())
    this.caller.send({ n, do: 'call', body, options: { id, args: [this.log, ...args], ...options } })
    return n
  }

  cancel(of) {
    this.cancelled.add(of)
    this.caller.send({ n: 0, do: 'cancel', of })
  }

  did(deed) {
    this.deeds.set(deed, (this.deeds.get(deed) ?? 0) + 1)
  }

  harm(pid, ms) {
    const from = performance.now()
    this.harms.push({ pid, from, to: from + ms })
  }

  /** Pids of bodies that have started and not ended. */
  running() {
    const lines = this.#lines()
    const ended = new Set(lines.filter(([what]) => what === 'end').map(([, id, pid]) => `${id} ${pid}`))
    return lines
      .filter(([what, id, pid]) => what === 'start' && !ended.has(`${id} ${pid}`))
      .map(([, , pid]) => Number(pid))
      .filter(isBody)
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
    await this.engine.end()
    this.network.close()
    return orphans
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #settled({ n, value, error }) {
    if (!this.open.delete(n)) return
    const cause = error ? this.#causeOf(n, error) : 'value'
    const name = error ? `${error.name} (${cause ?? 'without a cause'})` : cause
    this.outcomes.set(name, (this.outcomes.get(name) ?? 0) + 1)
    if (cause === undefined || (value === undefined && !error))
      this.unexplained.push(`c${n}: ${error?.name} ${error?.message} ${error?.cause ?? ''}`)
  }

  /** What has caused an error. `undefined`: nothing of what was done. */
  #causeOf(n, { name, message, mayHaveRun, worker, signal }) {
    if (name === 'AbortError') return this.cancelled.has(n) ? 'cancelled' : undefined
    if (name !== 'ProcessExpired') return undefined
    if (signal === 'SIGKILL')
      return this.killed.has(Number(/process (\d+)/.exec(message)?.[1])) ? 'body killed' : undefined
    const from = this.made.get(n)
    const harm = this.harms.find(
      ({ pid, to }) => to + TOLD_WITHIN > from && (!pid || !worker || worker.endsWith(`:${pid}`)),
    )
    return mayHaveRun && harm ? `lost, ${harm.pid ? 'machine' : 'engine'} harmed` : undefined
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

function makeCalls(cluster, random) {
  for (let left = 1 + Math.floor(random() * 8); left > 0; left--) {
    const again = random() < 0.4
    const ms = random() < 0.05 ? 6000 : Math.floor(random() * 300)
    const retries = again ? { retries: { attempts: 2, on: ['lost'] } } : {}
    const n = cluster.call(random() < 0.2 ? 'spin' : 'work', [ms], retries, again ? 2 : 1)
    if (random() < 0.1) setTimeout(() => cluster.cancel(n), random() * 300)
  }
}

export async function runClusterChaos({ seed, seconds, engine }) {
  const random = randomOf(seed)
  const cluster = new Cluster()
  await cluster.start(engine)
  const names = Object.keys(deeds).filter((name) => cluster.network.hasLinks || !OF_LINKS.includes(name))
  const end = performance.now() + seconds * 1000
  let nextDeed = performance.now() + 1000
  let longest = 0
  while (performance.now() < end) {
    if (cluster.open.size < IN_FLIGHT) makeCalls(cluster, random)
    await sleep(20 + random() * 80)
    if (performance.now() < nextDeed) continue
    const name = names[Math.floor(random() * names.length)]
    await deeds[name](cluster, random)
    cluster.did(name)
    nextDeed = performance.now() + 500 + random() * 2500
  }
  const drained = performance.now()
  await until(() => cluster.open.size === 0, END_LIMIT)
  longest = performance.now() - drained
  await until(() => cluster.running().length === 0, 2000)
  const orphans = await cluster.end()
  return { cluster, orphans, longest, ...cluster.audit() }
}

export function reportCluster({ seed, seconds, engine }, { cluster, orphans, longest, started, tooOften, overlaps }) {
  const lines = {
    engine,
    seed,
    seconds,
    links: cluster.network.hasLinks ? 'network namespaces' : 'left out: no network namespaces',
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
