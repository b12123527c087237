/**
 * The dispatcher and its ledger with workers that act at random. In any order of events, every call settles once, no body
 * starts twice, and the outcome of a call is what happened to it.
 */
import fc from 'fast-check'
import { PoolError, ProcessExpired, TimeoutError } from '../../src/errors'
import type { Call, CallLimits } from '../../src/dispatch/call'
import { packThrown } from '../../src/wire/errors'
import { MessageKind } from '../../src/wire/messages'
import { FakeClock } from '../support/clock'
import { FakePool, type FakeWorker } from '../dispatch/fake-pool'

/**
 * `step` ends a running body or starts the next one. The parent notices with `read`, or when it checks by itself. The
 * done-callback of `canceller` cancels another call, that of `submitter` submits one.
 */
const ACTIONS = ['submit', 'submit', 'canceller', 'submitter', 'endless', 'limited', 'serve', 'step', 'step', 'step', 'step', 'read', 'read', 'exit', 'cancel', 'overMemory', 'flush', 'load', 'pass', 'pass', 'stop', 'break'] as const // prettier-ignore
/** Actions that end a pool: rare, so that most runs get far. */
const RARE = new Set<Action>(['stop', 'break'])
const [TIMEOUT, QUEUE_TIMEOUT, GRACE] = [20, 30, 10]
type Action = (typeof ACTIONS)[number]
const MAX_STEPS = 500

const action = fc.record({ what: fc.constantFrom(...ACTIONS), which: fc.nat(1000) })
const options = fc.record({
  maxWorkers: fc.integer({ min: 1, max: 3 }),
  maxTasks: fc.constantFrom(0, 1, 3),
  concurrency: fc.constantFrom(1, 2),
  slots: fc.constantFrom('shared' as const, 'file' as const),
  /** Whether the worker goes on each time the parent revokes a call. */
  meanwhile: fc.infiniteStream(fc.boolean()),
})
type Settings = typeof options extends fc.Arbitrary<infer T> ? T : never

const LIMITS: CallLimits[] = [
  { timeout: TIMEOUT },
  { timeout: TIMEOUT, grace: GRACE },
  { queueTimeout: QUEUE_TIMEOUT },
  { timeout: TIMEOUT, queueTimeout: QUEUE_TIMEOUT },
]

/** One fake worker, and which of its calls it has run. */
class Driven {
  readonly worker: FakeWorker
  readonly #world: World
  /** Indexes of the running calls in what it was sent. */
  readonly #running: number[] = []
  #at = 0
  served = false
  exited = false

  constructor(worker: FakeWorker, world: World) {
    this.worker = worker
    this.#world = world
    worker.slots.meanwhile = () => {
      if (this.served && world.settings.meanwhile.next().value) this.step(true)
    }
  }

  serve(): void {
    if (!this.served) this.worker.serve()
    this.served = true
  }

  /** Ends the first running body that can end, or starts the next call. `false`: there is nothing to do. */
  step(finish: boolean): boolean {
    this.serve()
    const { started, endless, settings } = this.#world
    const { names, sequences, slots } = this.worker
    const ending = finish ? this.#running.find((at) => !endless.has(names[at] as number)) : undefined
    if (ending !== undefined) {
      this.#running.splice(this.#running.indexOf(ending), 1)
      this.worker.publish(sequences[ending] as number, names[ending], 0.01)
      return true
    }
    if (this.#at >= names.length || this.#running.length >= settings.concurrency) return false
    const at = this.#at++
    const [next, sequence] = [names[at] as number, sequences[at] as number]
    if (slots.start(sequence)) {
      started.set(next, (started.get(next) ?? 0) + 1)
      if (this.#world.calls[next]?.future.done()) this.#world.late.push(next)
      this.#running.push(at)
    } else this.worker.publish(sequence, next, 0, MessageKind.Revoked)
    return true
  }

  break(): void {
    const cause = packThrown(new Error('the initializer'), { root: 'error', kind: 'process' })
    this.worker.message({ kind: MessageKind.Broken, sequence: 0, duration: 0, ...cause })
  }

  overMemory(): void {
    this.worker.message({ kind: MessageKind.OverMemory, sequence: 0, duration: 0, flags: 0, data: undefined })
  }

  /** Imports the module of the next call first. */
  load(): void {
    const sequence = this.worker.sequences[this.#at]
    if (sequence !== undefined) this.worker.slots.markLoading(sequence)
  }

  exit(): void {
    this.exited = true
    this.worker.exit({ exitCode: 9 })
  }

  get wantsToEnd(): boolean {
    return (
      this.worker.killed || (this.#running.length === 0 && this.worker.controls.some(({ type }) => type === 'stop'))
    )
  }
}

class World {
  readonly pool: FakePool
  readonly settings: Settings
  readonly calls: Call[] = []
  readonly settlements: number[] = []
  /** How often the body of each call has started. */
  readonly started = new Map<number, number>()
  /** Calls whose bodies started after the calls were settled. */
  readonly late: number[] = []
  /** Calls whose bodies never end by themselves. */
  readonly endless = new Set<number>()
  readonly #driven: Driven[] = []
  readonly #clock = new FakeClock()
  #stopped = false

  constructor(settings: Settings) {
    const { maxWorkers, maxTasks, concurrency, slots } = settings
    this.settings = settings
    this.pool = new FakePool({ maxWorkers, maxTasks, concurrency }, slots)
  }

  get present(): Driven[] {
    for (const worker of this.pool.workers.slice(this.#driven.length)) this.#driven.push(new Driven(worker, this))
    return this.#driven.filter(({ exited }) => !exited)
  }

  async do(what: Action, which: number): Promise<void> {
    const driven = this.present[which % Math.max(1, this.present.length)]
    if (what === 'submit') this.submit()
    else if (what === 'canceller') this.submit({}, () => this.#any(which)?.cancel())
    else if (what === 'submitter') this.submit({}, () => this.submit())
    else if (what === 'endless') this.endless.add(this.submit({ grace: which % 2 === 0 ? GRACE : undefined }))
    else if (what === 'limited') this.endless.add(this.submit(LIMITS[which % LIMITS.length]))
    else if (what === 'cancel') this.#any(which)?.cancel()
    else if (what === 'pass') await this.#clock.pass(which % 25)
    else if (what === 'stop') this.#stop(which % 2 === 0)
    else if (what === 'break') driven?.break()
    else if (what === 'flush') await this.pool.flushed()
    else if (what === 'serve') driven?.serve()
    else if (what === 'step') driven?.step(which % 2 === 0)
    else if (what === 'read') driven?.worker.drain()
    else if (what === 'load') driven?.load()
    else if (what === 'overMemory') driven?.overMemory()
    else driven?.exit()
  }

  submit(limits: CallLimits = {}, react = (): unknown => undefined): number {
    if (this.#stopped) return -1 // a pool would refuse it
    const name = this.calls.length
    this.settlements.push(0)
    const call = this.pool.call(name, limits)
    this.calls.push(call)
    call.future.catch(() => undefined)
    call.future.addDoneCallback(() => (this.settlements[name] = (this.settlements[name] as number) + 1))
    call.future.addDoneCallback(react)
    return name
  }

  #any(which: number): Call | undefined {
    return this.calls[which % Math.max(1, this.calls.length)]
  }

  #stop(alsoRunning: boolean): void {
    this.#stopped = true
    this.pool.dispatcher.stop(alsoRunning)
    this.pool.dispatcher.workers.killStarting()
  }

  /** Every worker runs its calls and ends if it was told to; endless bodies are cancelled. `false`: something hangs. */
  async end(): Promise<boolean> {
    let ended = false
    for (const name of this.endless) this.calls[name]?.cancel()
    void this.pool.dispatcher.end().then(() => (ended = true))
    for (let steps = 0; !ended && steps < MAX_STEPS; steps++) {
      await this.#clock.pass(GRACE)
      for (const driven of this.present) {
        if (driven.wantsToEnd) driven.exit()
        else {
          while (driven.step(true));
          driven.worker.drain()
        }
      }
    }
    return ended
  }
}

test('every call settles once, starts at most once, and has the outcome of its body', async () => {
  await fc.assert(
    fc.asyncProperty(options, fc.array(action, { maxLength: 80 }), async (settings, actions) => {
      const world = new World(settings)
      for (const { what, which } of actions) {
        if (RARE.has(what) && which % 5 > 0) continue
        await world.do(what, which)
        const { workers, ledger } = world.pool.dispatcher
        expect(workers.assignable.length).toBeLessThanOrEqual(settings.maxWorkers)
        expect(ledger.pending + ledger.settled).toBe(world.calls.length)
        expect(ledger.pending).toBe(world.calls.filter(({ future }) => !future.done()).length)
      }
      expect(await world.end()).toBe(true)
      expect(world.pool.dispatcher.ledger.pending).toBe(0)
      expect(world.settlements.every((count) => count === 1)).toBe(true)
      expect(world.late).toEqual([])
      for (const [name, { future }] of world.calls.entries()) {
        const started = world.started.get(name) ?? 0
        expect(started).toBeLessThanOrEqual(1)
        const { state, value } = future.peek()
        if (state === 'finished') expect([started, value]).toEqual([1, `${name}!`])
        if (state === 'failed' && value instanceof ProcessExpired) expect(value.exitCode).toBe(9)
        else if (value instanceof TimeoutError) expect(started).toBe(value.timeout === TIMEOUT ? 1 : 0)
        else if (state === 'failed') expect(value).toBeInstanceOf(PoolError) // the workers do not start
      }
    }),
    { numRuns: 1_000 },
  )
}, 60_000)
