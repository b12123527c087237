import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const EVENTS = 200
const FILES = ['executed', 'turns']

/**
 * What was promised and what came of it, kept outside of the library: bodies note that they run in files that only
 * grow, and who called notes what was accepted and how it settled.
 */
export class Ledger {
  folder = mkdtempSync(join(tmpdir(), 'pebble-chaos-'))
  /** Calls without an outcome, by id. */
  open = new Map()
  accepted = 0
  /** Settled calls by class of their outcome. */
  classes = new Map()
  /** Outcomes that nothing explains. */
  untrue = []
  /** Futures that told of their outcome not once. */
  #told = new Map()
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

  /** One line of what happened, for the end of a run that failed. */
  event(text) {
    this.#events.push(`${((performance.now() - this.#began) / 1000).toFixed(3)} ${text}`)
    if (this.#events.length > 2 * EVENTS) this.#events.splice(0, EVENTS)
  }

  get lastEvents() {
    return this.#events.slice(-EVENTS)
  }

  /** A call was made; gives its id. `about` says what may become of it. */
  accept(about) {
    const id = ++this.accepted
    this.open.set(id, about)
    return id
  }

  /** The call has an outcome, of that class. */
  settle(id, name, complaint) {
    const about = this.open.get(id)
    if (!about) {
      this.untrue.push(`call ${id} settled twice`)
      return
    }
    this.open.delete(id)
    this.classes.set(name, (this.classes.get(name) ?? 0) + 1)
    writeSync(this.#settled, `${id} ${name}\n`)
    if (complaint) this.complain(`call ${id} (${describe(about)}): ${complaint}`)
  }

  complain(text) {
    this.untrue.push(text)
    this.event(`UNTRUE ${text}`)
  }

  /** A done-callback ran. */
  told(id) {
    const times = (this.#told.get(id) ?? 0) + 1
    if (times > 1) this.complain(`the done-callback of call ${id} ran ${times} times`)
    this.#told.set(id, times)
    if (this.#told.size > 5_000) this.#told.delete(this.#told.keys().next().value)
  }

  /** Reads what the bodies noted: ids that ran more than once, and results of bodies that did not run. */
  audit() {
    const runs = new Uint8Array(this.accepted + 1)
    for (const line of this.#lines('executed')) runs[Number(line)] += 1
    const twice = [...runs.keys()].filter((id) => runs[id] > 1)
    for (const line of this.#lines('settled')) {
      const [id, name] = line.split(' ')
      if (name === 'value' && runs[Number(id)] === 0) this.complain(`call ${id} gave a result, but never ran`)
    }
    return { twice, overlaps: this.#overlaps() }
  }

  /** Turns of the lock that another one began before they had ended. */
  #overlaps() {
    const overlaps = []
    const interrupted = new Set()
    let holder
    for (const line of this.#lines('turns')) {
      const id = line.slice(1)
      if (line.startsWith('+')) {
        if (holder !== undefined) interrupted.add(holder) // its worker died, or this is a fault
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

/** The class of an outcome. */
export function classOf(outcome) {
  if (!('error' in outcome)) return 'value'
  const { error } = outcome
  if (!(error instanceof Error)) return `thrown ${error === null ? 'null' : typeof error}`
  return error.constructor.name
}

export function describe({ where, order, fate }) {
  return `${order?.deed ?? 'element'} in ${where}${fate && fate !== 'none' ? `, ${fate}` : ''}`
}
