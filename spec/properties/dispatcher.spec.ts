/**
 * The dispatcher and its ledger against workers that do what they like: in any order of events, every call settles once,
 * no body begins twice, and what is told of a call is what became of it.
 */
import fc from 'fast-check'
import { PoolError, ProcessExpired } from '../../src/errors'
import type { Call } from '../../src/dispatch/call'
import { Kind } from '../../src/wire/messages'
import { FakePool, type FakeWorker } from '../dispatch/fake-channel'

type Deed = 'submit' | 'serve' | 'step' | 'exit' | 'cancel' | 'flush' | 'load'
const DEEDS: Deed[] = ['submit', 'submit', 'submit', 'serve', 'step', 'step', 'step', 'step', 'exit', 'cancel', 'flush', 'load'] // prettier-ignore
const MAX_STEPS = 10_000

const deed = fc.record({ what: fc.constantFrom(...DEEDS), which: fc.nat(1000) })
const options = fc.record({
  maxWorkers: fc.integer({ min: 1, max: 3 }),
  maxTasks: fc.constantFrom(0, 1, 3),
  concurrency: fc.constantFrom(1, 2),
})

/** One fake worker, and how far it has come with what it was sent. */
class Driven {
  readonly worker: FakeWorker
  readonly running: number[] = []
  #at = 0
  served = false
  exited = false

  constructor(worker: FakeWorker) {
    this.worker = worker
  }

  serve(): void {
    if (!this.served) this.worker.serve()
    this.served = true
  }

  /** Ends what has begun first, or begins what comes next. `false`: there is nothing to do. */
  step(begun: Map<number, number>, finish: boolean): boolean {
    this.serve()
    const running = finish ? this.running.shift() : undefined
    if (running !== undefined) {
      this.worker.finish(running, 0.01)
      return true
    }
    const next = this.worker.names[this.#at] as number | undefined
    if (next === undefined) return false
    const sequence = this.worker.sequences[this.#at++] as number
    if (this.worker.slots.start(sequence)) {
      begun.set(next, (begun.get(next) ?? 0) + 1)
      this.running.push(next)
    } else this.worker.message({ kind: Kind.Skipped, sequence, duration: 0, flags: 0, data: undefined })
    return true
  }

  /** The module of what comes next is imported first. */
  load(): void {
    const sequence = this.worker.sequences[this.#at]
    if (sequence !== undefined) this.worker.slots.loading(sequence)
  }

  exit(): void {
    this.exited = true
    this.worker.exit({ exitCode: 9 })
  }

  get wantsToEnd(): boolean {
    return this.worker.killed || (this.running.length === 0 && this.worker.controls.some(({ type }) => type === 'stop'))
  }
}

class World {
  readonly pool: FakePool
  readonly calls: Call[] = []
  readonly settlements: number[] = []
  /** How often the body of each call began. */
  readonly begun = new Map<number, number>()
  readonly #driven: Driven[] = []

  constructor(settings: { maxWorkers: number; maxTasks: number; concurrency: number }) {
    this.pool = new FakePool(settings)
  }

  get present(): Driven[] {
    for (const worker of this.pool.workers.slice(this.#driven.length)) this.#driven.push(new Driven(worker))
    return this.#driven.filter(({ exited }) => !exited)
  }

  async do(what: Deed, which: number): Promise<void> {
    const driven = this.present[which % Math.max(1, this.present.length)]
    if (what === 'submit') this.submit()
    else if (what === 'cancel') this.calls[which % Math.max(1, this.calls.length)]?.cancel()
    else if (what === 'flush') await this.pool.flushed()
    else if (what === 'serve') driven?.serve()
    else if (what === 'step') driven?.step(this.begun, which % 2 === 0)
    else if (what === 'load') driven?.load()
    else driven?.exit()
  }

  submit(): void {
    const name = this.calls.length
    this.settlements.push(0)
    const call = this.pool.call(name)
    call.future.addDoneCallback(() => (this.settlements[name] = (this.settlements[name] as number) + 1))
    call.future.catch(() => undefined)
    this.calls.push(call)
  }

  /** Every worker does all it was sent; those that are to end do. */
  async settle(): Promise<void> {
    for (let steps = 0; this.pool.dispatcher.ledger.pending > 0 && steps < MAX_STEPS; steps++) {
      await this.pool.flushed()
      for (const driven of this.present) {
        if (driven.wantsToEnd) driven.exit()
        else while (driven.step(this.begun, true));
      }
    }
  }
}

test('every call settles once, begins at most once, and ends as it is told', async () => {
  await fc.assert(
    fc.asyncProperty(options, fc.array(deed, { maxLength: 80 }), async (settings, deeds) => {
      const world = new World(settings)
      for (const { what, which } of deeds) {
        await world.do(what, which)
        const { crew, ledger } = world.pool.dispatcher
        expect(crew.members.length).toBeLessThanOrEqual(settings.maxWorkers)
        expect(ledger.pending + ledger.settled).toBe(world.calls.length)
      }
      await world.settle()
      expect(world.pool.dispatcher.ledger.pending).toBe(0)
      expect(world.settlements.every((count) => count === 1)).toBe(true)
      for (const [name, { future }] of world.calls.entries()) {
        const begun = world.begun.get(name) ?? 0
        expect(begun).toBeLessThanOrEqual(1)
        const { state, value } = future.peek()
        if (state === 'finished') expect([begun, value]).toEqual([1, `${name}!`])
        if (state === 'failed' && value instanceof ProcessExpired) expect(value.exitCode).toBe(9)
        else if (state === 'failed') expect(value).toBeInstanceOf(PoolError) // workers that do not start
      }
    }),
    { numRuns: 300 },
  )
})
