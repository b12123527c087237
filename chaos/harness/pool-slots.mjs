import { pools, ProcessPool, ThreadPool } from 'pebble-ts'
import { poolPlan } from './plan.mjs'
import { outsideSignals } from './outside-signals.mjs'
import { within } from './waits.mjs'

/** How long a pool may take to end, in ms. A process that ignores SIGTERM needs a while. */
export const END_LIMIT = 30_000
export const HEAP_MB = 48
const limits = { resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } }

/** A pool and its history. */
class PoolRecord {
  /** Whether the pool was stopped, so its calls may have been cancelled. */
  stopped = false
  ending = false
  #signalsBefore = outsideSignals.count

  constructor(name, kind, options, pool) {
    this.name = name
    this.kind = kind
    this.options = options
    this.pool = pool
  }

  /** Whether the history of the pool explains this `PoolError`. */
  explains({ message }) {
    if (/is full/.test(message)) return this.options.maxQueue !== undefined
    if (/is broken/.test(message)) {
      if (this.options.initializer === 'refuse') return true
      return this.kind === 'process' && outsideSignals.count - this.#signalsBefore >= 3
    }
    return this.ending
  }

  /** Whether the pool has ended or broken, so that its maps may end early. */
  get mayRefuse() {
    return this.ending || this.pool.stats().state === 'broken' // the errors of its calls show whether this is explained
  }

  get description() {
    return `${this.name} ${JSON.stringify(this.options)}${this.stopped ? ', stopped' : this.ending ? ', closed' : ''}`
  }

  stats() {
    return { name: this.name, ...this.pool?.stats() }
  }
}

/** The pools of a run. Each slot has one pool at a time. */
export class PoolSlots {
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
    const record = this.#slots[at]
    if (record.pool.stats().state === 'broken') this.end(at, 'close')
    return this.#slots[at]
  }

  /** The record of the shared pool that the decorators of that kind use. */
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
    for (const kind of this.kinds) this.#shared[kind] = new PoolRecord(`shared ${kind} pool`, kind, { concurrency: 1 })
    this.#slots = this.kinds.map((kind) => this.#make(kind))
  }

  /** Ends the pool of a slot. A new pool replaces it at once. */
  end(slot, how) {
    const at = slot % this.#slots.length
    const record = this.#slots[at]
    this.#slots[at] = this.#make(record.kind)
    this.#end(record, how)
  }

  /** Ends all pools except the shared ones. Resolves to descriptions of those that did not end within the limit. */
  async endOwn(how) {
    for (const record of this.#slots) this.#end(record, how)
    this.#slots = []
    await Promise.all([...this.#endings].map((ending) => ending.done))
    const late = [...this.#endings].filter(({ error }) => error)
    this.#endings.clear()
    return late.map(({ record, error }) => `${record.description}: ${error.message} ${JSON.stringify(record.stats())}`)
  }

  async endShared() {
    for (const record of Object.values(this.#shared)) record.ending = true
    return within(pools.shutdown(), END_LIMIT).then(
      () => [],
      (error) => [`the shared pools: ${error.message}`],
    )
  }

  stats() {
    return [...this.#slots, ...[...this.#endings].map(({ record }) => record)].map((record) => record.stats())
  }

  #end(record, how) {
    record.ending = true
    record.stopped ||= how === 'stop'
    this.ledger.event(`${how} of ${record.name}`)
    const ending = { record, error: undefined, done: undefined }
    ending.done = endPool(record.pool, how).catch((error) => (ending.error = error))
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
    return new PoolRecord(name, kind, plan, pool)
  }
}

async function endPool(pool, how) {
  if (how === 'dispose') {
    await within(pool[Symbol.asyncDispose](), END_LIMIT)
    return
  }
  pool[how]()
  await pool.join(END_LIMIT)
}

const defined = (options) => Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
