/**
 * The dispatcher and its ledger against workers that do what they like: in any order of events, every call settles once,
 * no body begins twice, and what is told of a call is what became of it.
 */
import fc from 'fast-check'
import { PoolError, ProcessExpired, TimeoutError } from '../../src/errors'
import type { Call, CallLimits } from '../../src/dispatch/call'
import { packThrown } from '../../src/wire/errors'
import { MessageKind } from '../../src/wire/messages'
import { FakeClock } from '../support/clock'
import { FakePool, type FakeWorker } from '../dispatch/fake-pool'

/**
 * `step` ends what runs, or begins what comes next; the parent hears of it by `read`, or when it looks for itself. The
 * done-callback of `canceller` cancels another call, that of `submitter` submits one.
 */
const DEEDS = ['submit', 'submit', 'canceller', 'submitter', 'endless', 'limited', 'serve', 'step', 'step', 'step', 'step', 'read', 'read', 'exit', 'cancel', 'full', 'flush', 'load', 'pass', 'pass', 'stop', 'break'] as const // prettier-ignore
/** Deeds that come to most runs late, or not at all. */
const RARE = new Set<Deed>(['stop', 'break'])
const [TIMEOUT, QUEUE_TIMEOUT, GRACE] = [20, 30, 10]
type Deed = (typeof DEEDS)[number]
const MAX_STEPS = 500

const deed = fc.record({ what: fc.constantFrom(...DEEDS), which: fc.nat(1000) })
const options = fc.record({
  maxWorkers: fc.integer({ min: 1, max: 3 }),
  maxTasks: fc.constantFrom(0, 1, 3),
  concurrency: fc.constantFrom(1, 2),
  slots: fc.constantFrom('shared' as const, 'file' as const),
  /** Whether the worker goes on, at each moment in which the parent takes something back. */
  meanwhile: fc.infiniteStream(fc.boolean()),
})
type Settings = typeof options extends fc.Arbitrary<infer T> ? T : never

const LIMITS: CallLimits[] = [
  { timeout: TIMEOUT },
  { timeout: TIMEOUT, grace: GRACE },
  { queueTimeout: QUEUE_TIMEOUT },
  { timeout: TIMEOUT, queueTimeout: QUEUE_TIMEOUT },
]

/** One fake worker, and how far it has come with what it was sent. */
class Driven {
  readonly worker: FakeWorker
  readonly #world: World
  /** Places in what it was sent. */
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

  /** Ends what has begun first and has an end, or begins what comes next. `false`: there is nothing to do. */
  step(finish: boolean): boolean {
    this.serve()
    const { begun, endless, settings } = this.#world
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
      begun.set(next, (begun.get(next) ?? 0) + 1)
      if (this.#world.calls[next]?.future.done()) this.#world.late.push(next)
      this.#running.push(at)
    } else this.worker.publish(sequence, next, 0, MessageKind.Revoked)
    return true
  }

  break(): void {
    const cause = packThrown(new Error('the initializer'), { root: 'error', kind: 'process' })
    this.worker.message({ kind: MessageKind.Broken, sequence: 0, duration: 0, ...cause })
  }

  full(): void {
    this.worker.message({ kind: MessageKind.OverMemory, sequence: 0, duration: 0, flags: 0, data: undefined })
  }

  /** The module of what comes next is imported first. */
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
  /** How often the body of each call began. */
  readonly begun = new Map<number, number>()
  /** Those whose bodies began after their calls had settled. */
  readonly late: number[] = []
  /** Those whose bodies never end by themselves. */
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

  async do(what: Deed, which: number): Promise<void> {
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
    else if (what === 'full') driven?.full()
    else driven?.exit()
  }

  submit(limits: CallLimits = {}, react = (): unknown => undefined): number {
    if (this.#stopped) return -1 // pools refuse it
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

  /** Every worker does all it was sent; those that are to end do; what does not end by itself is cancelled. `false`: it hangs. */
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

test('every call settles once, begins at most once, and ends as it is told', async () => {
  await fc.assert(
    fc.asyncProperty(options, fc.array(deed, { maxLength: 80 }), async (settings, deeds) => {
      const world = new World(settings)
      for (const { what, which } of deeds) {
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
        const begun = world.begun.get(name) ?? 0
        expect(begun).toBeLessThanOrEqual(1)
        const { state, value } = future.peek()
        if (state === 'finished') expect([begun, value]).toEqual([1, `${name}!`])
        if (state === 'failed' && value instanceof ProcessExpired) expect(value.exitCode).toBe(9)
        else if (value instanceof TimeoutError) expect(begun).toBe(value.timeout === TIMEOUT ? 1 : 0)
        else if (state === 'failed') expect(value).toBeInstanceOf(PoolError) // workers that do not start
      }
    }),
    { numRuns: 1_000 },
  )
}, 60_000)
