import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const EVENTS = 200
const FILES = ['executed', 'turns']

/**
 * The record of a run, kept outside the library. Bodies append a note to a file when they run. The caller records
 * which calls it made and how they settled.
 */
export class Ledger {
  folder = mkdtempSync(join(tmpdir(), 'pebble-chaos-'))
  /** Calls without an outcome, by id. */
  open = new Map()
  accepted = 0
  /** Settled calls by class of their outcome. */
  classes = new Map()
  /** Outcomes that neither the plan nor a fault explains. */
  unexplained = []
  /** How often the done-callback of each call ran, by id. */
  #doneCallbacks = new Map()
  #events = []
  #settled
  #began = performance.now()

  constructor() {
    mkdirSync(join(this.folder, 'tmp'))
    process.env.PEBBLE_CHAOS = this.folder
    process.env.TMPDIR = join(this.folder, 'tmp')
    for (const name of FILES) process.env[`PEBBLE_CHAOS_FD_${name}`] = String(openSync(join(this.folder, name), 'a'))
    this.#settled = openSync(join(this.folder, 'settled'), 'a')
  }

  /** Adds an event. If the run fails, the last events are printed. */
  event(text) {
    this.#events.push(`${((performance.now() - this.#began) / 1000).toFixed(3)} ${text}`)
    if (this.#events.length > 2 * EVENTS) this.#events.splice(0, EVENTS)
  }

  get lastEvents() {
    return this.#events.slice(-EVENTS)
  }

  /** Records a call and returns its id. `about` describes the call and its possible outcomes. */
  accept(about) {
    const id = ++this.accepted
    this.open.set(id, about)
    return id
  }

  /** Records the outcome of a call: the name of its class, and a fault if the outcome is unexplained. */
  settle(id, name, fault) {
    const about = this.open.get(id)
    if (!about) {
      this.unexplained.push(`call ${id} settled twice`)
      return
    }
    this.open.delete(id)
    this.classes.set(name, (this.classes.get(name) ?? 0) + 1)
    writeSync(this.#settled, `${id} ${name}\n`)
    if (fault) this.reportFault(`call ${id} (${describe(about)}): ${fault}`)
  }

  reportFault(text) {
    this.unexplained.push(text)
    this.event(`UNEXPLAINED ${text}`)
  }

  /** Records that the done-callback of a call ran. */
  doneCallbackRan(id) {
    const times = (this.#doneCallbacks.get(id) ?? 0) + 1
    if (times > 1) this.reportFault(`the done-callback of call ${id} ran ${times} times`)
    this.#doneCallbacks.set(id, times)
    if (this.#doneCallbacks.size > 5_000) this.#doneCallbacks.delete(this.#doneCallbacks.keys().next().value)
  }

  /** Reads the notes of the bodies. Finds ids that ran more than once, and results of bodies that did not run. */
  audit() {
    const runs = new Uint8Array(this.accepted + 1)
    for (const line of this.#lines('executed')) runs[Number(line)] += 1
    const twice = [...runs.keys()].filter((id) => runs[id] > 1)
    for (const line of this.#lines('settled')) {
      const [id, name] = line.split(' ')
      if (name === 'value' && runs[Number(id)] === 0) this.reportFault(`call ${id} gave a result, but never ran`)
    }
    return { twice, overlaps: this.#overlaps() }
  }

  /** Ids of calls that held the lock at the same time as another call. */
  #overlaps() {
    const overlaps = []
    const interrupted = new Set()
    let holder
    for (const line of this.#lines('turns')) {
      const id = line.slice(1)
      if (line.startsWith('+')) {
        if (holder !== undefined) interrupted.add(holder) // its worker has died, or two calls hold the lock
        holder = id
      } else if (holder === id) holder = undefined
      else if (interrupted.has(id)) overlaps.push(id)
    }
    return overlaps
  }

  #lines(name) {
    return readFileSync(join(this.folder, name), 'utf8').split('\n').filter(Boolean)
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The name of the class of an outcome. */
export function classOf(outcome) {
  if (!('error' in outcome)) return 'value'
  const { error } = outcome
  if (!(error instanceof Error)) return `thrown ${error === null ? 'null' : typeof error}`
  return error.constructor.name
}

export function describe({ where, order, interference }) {
  return `${order?.behavior ?? 'element'} in ${where}${interference && interference !== 'none' ? `, ${interference}` : ''}`
}
