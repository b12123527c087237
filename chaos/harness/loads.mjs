/** Makes the calls of the plan, and cancels, aborts or times out each call as planned. */
import { setImmediate as turn } from 'node:timers/promises'
import { futureOf, Queue } from 'pebble-ts'
import { classOf } from './ledger.mjs'
import { ENDLESS, orderFor } from './plan.mjs'
import { outsideSignals } from './outside-signals.mjs'
import { faultOf } from './verify.mjs'

const NEEDS_EXTRA = new Set([
  'badArgs',
  'unreadableArgs',
  'exitingArgs',
  'huge',
  'queueGet',
  'queuePut',
  'queueAndExit',
])
const METHOD_TIMEOUT = { withTimeout: 250, withGrace: 250 }

export class Loads {
  #queue = new Queue()
  /** Items that calls have got from the queue. No item may be got twice. */
  #taken = new Set()
  /** Streams that are dropped without `return()`. */
  #forgotten = []
  /** Maps whose results are not read. */
  #unread = []

  constructor({ ledger, poolSlots, bodies }) {
    this.ledger = ledger
    this.poolSlots = poolSlots
    this.bodies = bodies
    this.jobs = { thread: new bodies.ThreadJobs(), process: new bodies.ProcessJobs() }
  }

  run(plan) {
    this[plan.do](plan)
  }

  /** Ends streams and maps that wait for a reader, and replaces the queue. */
  finish() {
    for (const stream of this.#forgotten.splice(0)) void stream.return().catch(() => undefined)
    for (const map of this.#unread.splice(0)) map.cancel()
    this.#queue = new Queue()
    this.#taken.clear()
  }

  call(plan) {
    const record = this.poolSlots.at(plan.slot)
    const order = this.#order(record, plan.order)
    const interference =
      ENDLESS.has(order.behavior) && ['none', 'queueTimeout'].includes(plan.interference) ? 'cancel' : plan.interference
    const about = this.#accept(record, order, interference)
    const options = { args: [order, this.#extra(order)], priority: plan.priority }
    if (interference === 'graceTimeout' || interference === 'graceCancel') options.grace = 100
    if (interference === 'timeout' || interference === 'graceTimeout') options.timeout = about.timeout = 40 + plan.after
    if (interference === 'queueTimeout') options.queueTimeout = about.timeout = 20 + plan.after
    const abort = interference === 'abort' ? new AbortController() : undefined
    if (abort) options.signal = abort.signal
    this.#make(about, () => record.pool.schedule(this.bodies.perform, options))
    if (interference === 'cancel' || interference === 'graceCancel')
      this.#cancelLater(about, plan.after, (future) => future.cancel())
    if (abort) this.#cancelLater(about, plan.after, () => abort.abort(new Error('ordered')))
  }

  method(plan) {
    const record = this.poolSlots.shared(this.poolSlots.kindAt(plan.slot))
    const takesExtra = plan.method !== 'nested' && plan.method !== 'exclusive'
    const order = this.#order(record, plan.order, takesExtra)
    if (plan.method === 'exclusive' && ENDLESS.has(order.behavior)) order.behavior = 'value' // it returns a plain promise, which cannot be cancelled
    const about = this.#accept(record, order, plan.interference, plan.method)
    about.timeout = METHOD_TIMEOUT[plan.method]
    const args = takesExtra ? [order, this.#extra(order)] : [order]
    this.#make(about, () => this.jobs[record.kind][plan.method](...args))
    if (plan.method === 'exclusive') return
    const endless = ENDLESS.has(order.behavior) && about.timeout === undefined
    if (plan.interference === 'cancel' || endless)
      this.#cancelLater(about, plan.after, (promise) => futureOf(promise).cancel())
  }

  burst({ slot, count, value, every, turns }) {
    const record = this.poolSlots.at(slot)
    const toCancel = []
    const { maxTasks } = record.options
    if (maxTasks > 0) count = Math.min(count, 3 * maxTasks) // a new worker must start for every `maxTasks` calls
    for (let n = 0; n < count; n++) {
      const about = this.#accept(record, { behavior: 'value', ms: 0, code: 0, value }, 'none')
      this.#make(about, () => record.pool.schedule(this.bodies.perform, { args: [about.order] }))
      if (every > 0 && n % every === 0) toCancel.push(about)
    }
    this.ledger.event(`${count} calls to ${record.name}`)
    void this.#cancelAll(toCancel, turns)
  }

  async #cancelAll(toCancel, turns) {
    for (let n = 0; n < turns; n++) await turn()
    for (const about of toCancel) this.#cancel(about, (future) => future.cancel())
  }

  map({ slot, orders, chunkSize, timeout, buffer, interference, after }) {
    const record = this.poolSlots.at(slot)
    const all = orders.map((planned) => {
      const about = this.#accept(record, this.#order(record, planned, false), interference, 'map')
      about.timeout = timeout
      return about
    })
    const options = { chunkSize, timeout, ...(buffer && { buffer }) }
    this.ledger.event(`map of ${orders.length} in ${record.name}, ${JSON.stringify(options)}, ${interference}`)
    const map = record.pool.map(
      this.bodies.performEach,
      all.map(({ order }) => order),
      options,
    )
    map.catch(() => undefined) // each element reports its own error
    if (interference === 'cancel') this.#cancelLater(all[0], after, () => cancelMap(all, map))
    if (interference === 'unread') {
      this.#unread.push(map)
      for (const { order } of all) this.ledger.settle(order.id, 'left')
    } else
      void this.#readMap(map[Symbol.asyncIterator](), all, interference === 'leave' ? after % orders.length : Infinity)
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
    if (left.length > 0 && read <= take && !all.some(({ record, cancelled }) => record.mayRefuse || cancelled()))
      this.ledger.reportFault(`a map ended ${left.length} elements early; ${all[0].record.description}`)
    for (const { order } of left) this.ledger.settle(order.id, 'left')
    await results.return?.()
  }

  stream({ slot, count, ms, take, leave }) {
    const record = this.poolSlots.shared(this.poolSlots.kindAt(slot))
    const order = { behavior: 'stream', ms, code: count, value: count }
    const about = this.#accept(record, order, leave, 'stream')
    void this.#readStream(about, take, leave)
  }

  async #readStream(about, take, leave) {
    const { order, record } = about
    const stream = this.jobs[record.kind].stream(order)
    let fault
    let name = 'left'
    try {
      for (let n = 0; n < take; n++) {
        const { done, value } = await stream.next()
        if (done) {
          name = 'value'
          if (n !== order.value) fault = `gave ${n} values of ${order.value}`
          return
        }
        if (value !== n) fault = `gave ${value} instead of ${n}`
      }
      if (leave === 'forget') this.#forgotten.push(stream)
      else await stream[leave](new Error('ordered')).catch(() => undefined)
    } catch (error) {
      name = classOf({ error })
      fault ??= faultOf(about, { error })
    } finally {
      this.ledger.settle(order.id, name, fault)
    }
  }

  signal(plan) {
    const pid = outsideSignals.send(plan)
    if (pid) this.ledger.event(`${plan.signal} to ${pid}`)
  }

  end({ slot, how }) {
    this.poolSlots.end(slot, how)
  }

  #order(record, planned, takesExtra = true) {
    const order = { ...orderFor(record.kind, planned) }
    if (!takesExtra && NEEDS_EXTRA.has(order.behavior)) order.behavior = 'value'
    if (order.behavior === 'leak' && record.options.maxMemory === undefined) order.behavior = 'value'
    if (order.behavior === 'huge') order.bytes = order.code * 40_000
    return order
  }

  #extra(order) {
    const { UnreadableInWorker, ExitsWorker } = this.bodies.badValues
    if (order.behavior === 'badArgs') return { fn: () => undefined }
    if (order.behavior === 'unreadableArgs') return new UnreadableInWorker()
    if (order.behavior === 'exitingArgs') return new ExitsWorker(order.code)
    if (order.behavior === 'huge') return Buffer.alloc(order.bytes, order.code)
    return order.behavior.startsWith('queue') ? this.#queue : undefined
  }

  #accept(record, order, interference, how) {
    let cancelled = false
    const about = {
      where: `${record.name}${how ? ` (${how})` : ''}`,
      record,
      order,
      interference,
      timeout: undefined,
      promise: undefined,
      cancelled: () => cancelled,
      cancelling: () => (cancelled = true),
    }
    order.id = this.ledger.accept(about)
    return about
  }

  /** Makes the call. The call must not throw. */
  #make(about, call) {
    const { id, behavior } = about.order
    if (behavior !== 'value') this.ledger.event(`call ${id}: ${behavior} in ${about.where}, ${about.interference}`)
    try {
      about.promise = call()
    } catch (error) {
      this.ledger.settle(id, 'thrown at the call', `threw at the call: ${String(error)}`)
      return
    }
    about.promise.addDoneCallback?.(() => this.ledger.doneCallbackRan(id))
    about.promise.then(
      (value) => this.#settle(about, { value }),
      (error) => this.#settle(about, { error }),
    )
  }

  #settle(about, outcome) {
    const { id, behavior } = about.order
    clearTimeout(about.timer)
    let fault = faultOf(about, outcome)
    if (behavior === 'queueGet' && !('error' in outcome)) {
      if (this.#taken.has(outcome.value)) fault = `got item ${outcome.value}, which another call had got`
      this.#taken.add(outcome.value)
    }
    if ('error' in outcome) this.ledger.event(`call ${id} ended: ${classOf(outcome)}`)
    this.ledger.settle(id, classOf(outcome), fault)
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
