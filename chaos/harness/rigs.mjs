import { pools, ProcessPool, ThreadPool } from 'pebble-ts'
import { poolPlan } from './plan.mjs'
import { strikes } from './strikes.mjs'
import { within } from './waits.mjs'

/** How long a pool may take to end, in ms: longer than a deaf process that is told twice. */
export const ENDING = 30_000
export const HEAP_MB = 48
const limits = { resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } }

/** A pool, and what has been done to it. */
class Rig {
  /** Its running calls were, or may have been, cancelled by its end. */
  stopped = false
  ending = false
  #strikesBefore = strikes.count

  constructor(name, kind, options, pool) {
    this.name = name
    this.kind = kind
    this.options = options
    this.pool = pool
  }

  /** Why the pool may refuse calls. */
  explains({ message }) {
    if (/is full/.test(message)) return this.options.maxQueue !== undefined
    if (/is broken/.test(message)) {
      if (this.options.initializer === 'refuse') return true
      return this.kind === 'process' && strikes.count - this.#strikesBefore >= 3
    }
    return this.ending
  }

  /** A map ends where its pool does. */
  get mayRefuse() {
    return this.ending || this.pool.stats().state === 'broken' // why it broke, its calls are asked
  }

  get story() {
    return `${this.name} ${JSON.stringify(this.options)}${this.stopped ? ', stopped' : this.ending ? ', closed' : ''}`
  }

  stats() {
    return { name: this.name, ...this.pool?.stats() }
  }
}

/** The pools of a run: some slots, in which one pool follows another. */
export class Rigs {
  #slots = []
  #shared = {}
  #endings = new Set()
  #count = 0

  constructor({ seed, kinds, ledger, bodies }) {
    this.seed = seed
    this.ledger = ledger
    this.bodies = bodies
    this.kinds = kinds.length === 1 ? [...kinds, ...kinds] : [...kinds, ...kinds]
    this.open()
  }

  at(slot) {
    const at = slot % this.#slots.length
    const rig = this.#slots[at]
    if (rig.pool.stats().state === 'broken') this.end(at, 'close')
    return this.#slots[at]
  }

  /** What stands for the shared pool behind decorators of that kind. */
  shared(kind) {
    return this.#shared[kind]
  }

  /** The kind of the pools in a slot. */
  kindAt(slot) {
    return this.kinds[slot % this.kinds.length]
  }

  open() {
    const shared = { maxWorkers: 2, ...limits }
    pools.configure({ thread: shared, process: shared })
    for (const kind of this.kinds) this.#shared[kind] = new Rig(`shared ${kind} pool`, kind, { concurrency: 1 })
    this.#slots = this.kinds.map((kind) => this.#make(kind))
  }

  /** Ends the pool of a slot; another one takes its place at once. */
  end(slot, how) {
    const at = slot % this.#slots.length
    const rig = this.#slots[at]
    this.#slots[at] = this.#make(rig.kind)
    this.#end(rig, how)
  }

  /** Ends all but the shared ones; resolves when they have ended, and says which have not. */
  async endOwn(how) {
    for (const rig of this.#slots) this.#end(rig, how)
    this.#slots = []
    await Promise.all([...this.#endings].map((ending) => ending.done))
    const late = [...this.#endings].filter(({ error }) => error)
    this.#endings.clear()
    return late.map(({ rig, error }) => `${rig.story}: ${error.message} ${JSON.stringify(rig.stats())}`)
  }

  async endShared() {
    for (const rig of Object.values(this.#shared)) rig.ending = true
    return within(pools.shutdown(), ENDING).then(
      () => [],
      (error) => [`the shared pools: ${error.message}`],
    )
  }

  stats() {
    return [...this.#slots, ...[...this.#endings].map(({ rig }) => rig)].map((rig) => rig.stats())
  }

  #end(rig, how) {
    rig.ending = true
    rig.stopped ||= how === 'stop'
    this.ledger.event(`${how} of ${rig.name}`)
    const ending = { rig, error: undefined, done: undefined }
    ending.done = endPool(rig.pool, how).catch((error) => (ending.error = error))
    this.#endings.add(ending)
    void ending.done.then(() => ending.error ?? this.#endings.delete(ending))
  }

  #make(kind) {
    const plan = poolPlan(this.seed, ++this.#count, kind)
    const { initializer, ...options } = plan
    const chosen = {
      none: {},
      prepare: { initializer: this.bodies.prepare, initArgs: [20] },
      refuse: { initializer: this.bodies.refuse },
    }[initializer]
    const name = `${kind} pool ${this.#count}`
    const Pool = kind === 'thread' ? ThreadPool : ProcessPool
    const tag = kind === 'process' ? { context: { env: { PEBBLE_CHAOS_POOL: name } } } : {}
    const pool = new Pool({ name, ...defined(options), ...limits, ...chosen, ...tag })
    this.ledger.event(`new ${name} ${JSON.stringify(plan)}`)
    return new Rig(name, kind, plan, pool)
  }
}

async function endPool(pool, how) {
  if (how === 'dispose') {
    await within(pool[Symbol.asyncDispose](), ENDING)
    return
  }
  pool[how]()
  await pool.join(ENDING)
}

const defined = (options) => Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
