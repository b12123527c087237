/** Makes the calls that the plan tells of, and sees to it that each gets what was planned for it. */
import { setImmediate as turn } from 'node:timers/promises'
import { futureOf, Queue } from 'pebble-ts'
import { classOf } from './ledger.mjs'
import { ENDLESS, orderFor } from './plan.mjs'
import { strikes } from './strikes.mjs'
import { complaintAbout } from './truth.mjs'

const NEEDS_THING = new Set(['badArgs', 'thornyArgs', 'deadlyArgs', 'huge', 'queueGet', 'queuePut', 'queueDie'])
const METHOD_TIMEOUT = { limited: 250, softly: 250 }

export class Loads {
  #queue = new Queue()
  /** Items that came out of the queue: each must only once. */
  #taken = new Set()
  /** Streams whose reader went away without a word. */
  #forgotten = []
  /** Maps that nobody reads. */
  #unread = []

  constructor({ ledger, rigs, bodies }) {
    this.ledger = ledger
    this.rigs = rigs
    this.bodies = bodies
    this.jobs = { thread: new bodies.ThreadJobs(), process: new bodies.ProcessJobs() }
  }

  run(plan) {
    this[plan.do](plan)
  }

  /** Nothing of what was begun is left waiting for us. */
  finish() {
    for (const stream of this.#forgotten.splice(0)) void stream.return().catch(() => undefined)
    for (const map of this.#unread.splice(0)) map.cancel()
    this.#queue = new Queue()
    this.#taken.clear()
  }

  call(plan) {
    const rig = this.rigs.at(plan.slot)
    const order = this.#order(rig, plan.order)
    const fate = ENDLESS.has(order.deed) && ['none', 'queueTimeout'].includes(plan.fate) ? 'cancel' : plan.fate
    const about = this.#accept(rig, order, fate)
    const options = { args: [order, this.#thing(order)], priority: plan.priority }
    if (fate === 'softTimeout' || fate === 'softCancel') options.grace = 100
    if (fate === 'timeout' || fate === 'softTimeout') options.timeout = about.timeout = 40 + plan.after
    if (fate === 'queueTimeout') options.queueTimeout = about.timeout = 20 + plan.after
    const abort = fate === 'abort' ? new AbortController() : undefined
    if (abort) options.signal = abort.signal
    this.#make(about, () => rig.pool.schedule(this.bodies.perform, options))
    if (fate === 'cancel' || fate === 'softCancel') this.#cancelLater(about, plan.after, (future) => future.cancel())
    if (abort) this.#cancelLater(about, plan.after, () => abort.abort(new Error('ordered')))
  }

  method(plan) {
    const rig = this.rigs.shared(this.rigs.kindAt(plan.slot))
    const takesThing = plan.method !== 'nested' && plan.method !== 'alone'
    const order = this.#order(rig, plan.order, takesThing)
    if (plan.method === 'alone' && ENDLESS.has(order.deed)) order.deed = 'value' // it is no future, cannot be cancelled
    const about = this.#accept(rig, order, plan.fate, plan.method)
    about.timeout = METHOD_TIMEOUT[plan.method]
    const args = takesThing ? [order, this.#thing(order)] : [order]
    this.#make(about, () => this.jobs[rig.kind][plan.method](...args))
    if (plan.method === 'alone') return
    const endless = ENDLESS.has(order.deed) && about.timeout === undefined
    if (plan.fate === 'cancel' || endless) this.#cancelLater(about, plan.after, (promise) => futureOf(promise).cancel())
  }

  burst({ slot, count, value, every, turns }) {
    const rig = this.rigs.at(slot)
    const doomed = []
    const { maxTasks } = rig.options
    if (maxTasks > 0) count = Math.min(count, 3 * maxTasks) // each worker has to start first
    for (let n = 0; n < count; n++) {
      const about = this.#accept(rig, { deed: 'value', ms: 0, code: 0, value }, 'none')
      this.#make(about, () => rig.pool.schedule(this.bodies.perform, { args: [about.order] }))
      if (every > 0 && n % every === 0) doomed.push(about)
    }
    this.ledger.event(`${count} calls to ${rig.name}`)
    void this.#cancelAll(doomed, turns)
  }

  async #cancelAll(doomed, turns) {
    for (let n = 0; n < turns; n++) await turn()
    for (const about of doomed) this.#cancel(about, (future) => future.cancel())
  }

  map({ slot, orders, chunkSize, timeout, buffer, fate, after }) {
    const rig = this.rigs.at(slot)
    const all = orders.map((planned) => {
      const about = this.#accept(rig, this.#order(rig, planned, false), fate, 'map')
      about.timeout = timeout
      return about
    })
    const options = { chunkSize, timeout, ...(buffer && { buffer }) }
    this.ledger.event(`map of ${orders.length} in ${rig.name}, ${JSON.stringify(options)}, ${fate}`)
    const map = rig.pool.map(
      this.bodies.performEach,
      all.map(({ order }) => order),
      options,
    )
    map.catch(() => undefined) // its results tell
    if (fate === 'cancel') this.#cancelLater(all[0], after, () => cancelMap(all, map))
    if (fate === 'unread') {
      this.#unread.push(map)
      for (const { order } of all) this.ledger.settle(order.id, 'left')
    } else void this.#readMap(map[Symbol.asyncIterator](), all, fate === 'leave' ? after % orders.length : Infinity)
  }

  async #readMap(results, all, take) {
    let read = 0
    for (const about of all) {
      if (read++ >= take) break
      const next = await results.next().then(
        ({ done, value }) => (done ? undefined : { value }),
        (error) => ({ error }),
      )
      if (!next) break
      this.#settle(about, next)
    }
    const left = all.filter(({ order }) => this.ledger.open.has(order.id))
    if (left.length > 0 && read <= take && !all.some(({ rig, cancelled }) => rig.mayRefuse || cancelled()))
      this.ledger.complain(`a map ended ${left.length} elements early; ${all[0].rig.story}`)
    for (const { order } of left) this.ledger.settle(order.id, 'left')
    await results.return?.()
  }

  stream({ slot, count, ms, take, leave }) {
    const rig = this.rigs.shared(this.rigs.kindAt(slot))
    const order = { deed: 'stream', ms, code: count, value: count }
    const about = this.#accept(rig, order, leave, 'stream')
    void this.#readStream(about, take, leave)
  }

  async #readStream(about, take, leave) {
    const { order, rig } = about
    const stream = this.jobs[rig.kind].stream(order)
    let complaint
    let name = 'left'
    try {
      for (let n = 0; n < take; n++) {
        const { done, value } = await stream.next()
        if (done) {
          name = 'value'
          if (n !== order.value) complaint = `gave ${n} values of ${order.value}`
          return
        }
        if (value !== n) complaint = `gave ${value} in place of ${n}`
      }
      if (leave === 'forget') this.#forgotten.push(stream)
      else await stream[leave](new Error('ordered')).catch(() => undefined)
    } catch (error) {
      name = classOf({ error })
      complaint ??= complaintAbout(about, { error })
    } finally {
      this.ledger.settle(order.id, name, complaint)
    }
  }

  strike(plan) {
    const pid = strikes.strike(plan)
    if (pid) this.ledger.event(`${plan.signal} to ${pid}`)
  }

  end({ slot, how }) {
    this.rigs.end(slot, how)
  }

  #order(rig, planned, takesThing = true) {
    const order = { ...orderFor(rig.kind, planned) }
    if (!takesThing && NEEDS_THING.has(order.deed)) order.deed = 'value'
    if (order.deed === 'leak' && rig.options.maxMemory === undefined) order.deed = 'value'
    if (order.deed === 'huge') order.bytes = order.code * 40_000
    return order
  }

  #thing(order) {
    const { Thorny, Deadly } = this.bodies.poison
    if (order.deed === 'badArgs') return { fn: () => undefined }
    if (order.deed === 'thornyArgs') return new Thorny()
    if (order.deed === 'deadlyArgs') return new Deadly(order.code)
    if (order.deed === 'huge') return Buffer.alloc(order.bytes, order.code)
    return order.deed.startsWith('queue') ? this.#queue : undefined
  }

  #accept(rig, order, fate, how) {
    let cancelled = false
    const about = {
      where: `${rig.name}${how ? ` (${how})` : ''}`,
      rig,
      order,
      fate,
      timeout: undefined,
      promise: undefined,
      cancelled: () => cancelled,
      cancelling: () => (cancelled = true),
    }
    order.id = this.ledger.accept(about)
    return about
  }

  /** Makes the call; it must not throw, and it settles later. */
  #make(about, call) {
    const { id, deed } = about.order
    if (deed !== 'value') this.ledger.event(`call ${id}: ${deed} in ${about.where}, ${about.fate}`)
    try {
      about.promise = call()
    } catch (error) {
      this.ledger.settle(id, 'thrown at the call', `threw at the call: ${String(error)}`)
      return
    }
    about.promise.addDoneCallback?.(() => this.ledger.told(id))
    about.promise.then(
      (value) => this.#settle(about, { value }),
      (error) => this.#settle(about, { error }),
    )
  }

  #settle(about, outcome) {
    const { id, deed } = about.order
    clearTimeout(about.timer)
    let complaint = complaintAbout(about, outcome)
    if (deed === 'queueGet' && !('error' in outcome)) {
      if (this.#taken.has(outcome.value)) complaint = `got item ${outcome.value}, which another had got`
      this.#taken.add(outcome.value)
    }
    if ('error' in outcome) this.ledger.event(`call ${id} ended: ${classOf(outcome)}`)
    this.ledger.settle(id, classOf(outcome), complaint)
  }

  #cancelLater(about, ms, cancel) {
    about.timer = setTimeout(() => this.#cancel(about, cancel), ms)
  }

  #cancel(about, cancel) {
    if (!this.ledger.open.has(about.order.id)) return
    about.cancelling()
    cancel(about.promise)
  }
}

function cancelMap(all, map) {
  for (const about of all) about.cancelling()
  map.cancel()
}
