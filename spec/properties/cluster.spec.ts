/**
 * Callers, worker machines and an engine that act at random: machines die, messages are lost, doubled and reordered, the
 * engine is silent or loses its data. Every call settles once, by a record or a verdict; no body starts more often than its
 * retries allow, no two bodies of a call overlap unless the engine has forgotten it, and nothing stays pending.
 */
import fc from 'fast-check'
import { AllowedModules } from '../../src/cluster/allowed-modules'
import { QueueCall } from '../../src/cluster/queue-call'
import { QueueDispatcher } from '../../src/cluster/queue-dispatcher'
import { QueueJobs } from '../../src/cluster/queue-jobs'
import { DispatchedMethod, type Call } from '../../src/dispatch/call'
import type { RetryCause, Retries } from '../../src/dispatch/retries'
import { CallLedger } from '../../src/dispatch/call-ledger'
import { CancelledError, PoolError, ProcessExpired, TimeoutError } from '../../src/errors'
import { setRoot } from '../../src/utils/portable-names'
import { packThrown } from '../../src/wire/errors'
import { MessageKind } from '../../src/wire/messages'
import { MemoryEngine } from '../cluster/engine-memory'
import type { MemoryWorker } from '../cluster/engine-memory-worker'
import { FakeClock } from '../support/clock'

const LEASE = 6_000
/** Too short for anything to arrive, up to longer than a lease. */
const PAUSES = [1, 5, 5, 50, 50, 1_000, 2_500, 9_000]
const ACTIONS = ['submit', 'submit', 'submit', 'submit', 'limited', 'again', 'machine', 'finish', 'finish', 'finish', 'throw', 'expire', 'cancel', 'die', 'silence', 'resume', 'resume', 'pass', 'pass', 'pass', 'pass', 'lose'] as const // prettier-ignore
type Action = (typeof ACTIONS)[number]
/** Loses all data: rare, so that most runs keep theirs. */
const RARE = new Set<Action>(['lose'])

const action = fc.record({ what: fc.constantFrom(...ACTIONS), which: fc.nat(1000) })
const RETRIES: Array<number | Retries> = [
  0,
  2,
  { attempts: 3, on: ['lost', 'expired', 'error', 'timeout'] as RetryCause[], backoff: 100 },
  { attempts: 2, on: ['error'] },
]
const settings = fc.record({
  machines: fc.integer({ min: 1, max: 3 }),
  parallel: fc.integer({ min: 1, max: 2 }),
  /** Delays of the copies of each message: none of them loses it. */
  network: fc.infiniteStream(fc.oneof(fc.constant([1]), fc.array(fc.integer({ min: 1, max: 800 }), { maxLength: 2 }))),
})
type Settings = typeof settings extends fc.Arbitrary<infer T> ? T : never

/** One body that runs, or seems to: its machine may be dead. */
interface Body {
  readonly id: string
  readonly call: Call
  readonly machine: Machine
  ended: boolean
}

/** A machine whose bodies end when the world says so. */
class Machine {
  readonly engine: MemoryWorker
  readonly bodies: Body[] = []
  readonly #ledger = new CallLedger({ settled: () => undefined })

  constructor(world: World) {
    const root = `file://${__dirname}/`
    const allowed = new AllowedModules(root, [__filename], undefined)
    this.engine = world.memory.worker({ parallel: world.settings.parallel, lease: LEASE })
    const submit = (call: Call): void => {
      this.#ledger.accept()
      call.dispatcher = { cancel: () => this.#cancel(call), flush: () => undefined, resume: () => undefined }
      const [id] = call.payload.args as [string]
      const overlapping = world.bodies.some((body) => body.id === id && !body.ended)
      if (overlapping) world.overlaps.push(id)
      world.starts.set(id, (world.starts.get(id) ?? 0) + 1)
      const body = { id, call, machine: this, ended: false }
      this.bodies.push(body)
      world.bodies.push(body)
    }
    const pool = { dispatcher: { submit } } as never
    const secrets = ['key']
    this.engine.start(
      new QueueJobs({
        engine: this.engine,
        queue: 'q',
        name: 'm',
        pool,
        secrets,
        allowed,
        root,
        broken: () => undefined,
      }),
    )
  }

  end(body: Body, how: 'finish' | 'throw' | 'expire'): void {
    body.ended = true
    if (how === 'finish') {
      const message = { kind: MessageKind.Value, sequence: 0, duration: 1, flags: 0, data: `${body.id}!` }
      this.#ledger.conclude(body.call, message)
    } else if (how === 'throw') {
      const thrown = packThrown(new RangeError('of the body'), { root: 'error', kind: 'process' })
      this.#ledger.conclude(body.call, { kind: MessageKind.Thrown, sequence: 0, duration: 1, ...thrown })
    } else this.#ledger.fail(body.call, new ProcessExpired('died', { exitCode: 9, signal: null, pid: 1 }))
  }

  /** The machine is gone, and its bodies with it. */
  die(): void {
    this.engine.die()
    for (const body of this.bodies) body.ended = true
  }

  #cancel(call: Call): boolean {
    for (const body of this.bodies) if (body.call === call) body.ended = true
    return this.#ledger.cancel(call, new CancelledError('stopped'))
  }
}

class World {
  readonly settings: Settings
  readonly memory = new MemoryEngine()
  readonly calls: QueueCall[] = []
  readonly settlements: number[] = []
  readonly starts = new Map<string, number>()
  readonly bodies: Body[] = []
  readonly overlaps: string[] = []
  lostData = false
  readonly dispatcher: QueueDispatcher
  readonly #machines: Machine[] = []
  readonly #clock = new FakeClock()

  constructor(given: Settings) {
    this.settings = given
    this.memory.network = () => given.network.next().value as number[]
    this.dispatcher = new QueueDispatcher({
      queue: 'q',
      engine: this.memory.caller(),
      caller: 'me',
      secrets: ['key'],
      code: 'any',
      retries: 0,
      maxPayload: 100_000,
      maxAge: 10_000_000,
      connectTimeout: 10_000,
      checkEvery: LEASE / 3,
    })
    for (let count = 0; count < given.machines; count++) this.#machines.push(new Machine(this))
  }

  async do(what: Action, which: number): Promise<void> {
    const living = this.#machines.filter(({ engine }) => !engine.isDead)
    const running = this.bodies.filter(({ ended, machine }) => !ended && !machine.engine.isDead)
    const body = running[which % Math.max(1, running.length)]
    if (what === 'submit') this.#submit(which, {})
    else if (what === 'limited') this.#submit(which, { queueTimeout: 50 + which })
    else if (what === 'again') this.#submit(which, {}, `call-${which % Math.max(1, this.calls.length)}`)
    else if (what === 'machine') this.#machines.push(new Machine(this))
    else if (what === 'cancel') this.calls[which % Math.max(1, this.calls.length)]?.cancel()
    else if (what === 'die') (body?.machine ?? living[0])?.die()
    else if (what === 'silence') this.memory.silence()
    else if (what === 'resume') this.memory.resume()
    else if (what === 'pass') await this.#clock.pass(PAUSES[which % PAUSES.length] as number)
    else if (what === 'lose') this.#lose()
    else if (body) body.machine.end(body, what)
  }

  /** The engine answers, and machines run what is left. `false`: something hangs. */
  async end(): Promise<boolean> {
    this.memory.resume()
    this.#machines.push(new Machine(this))
    for (let steps = 0; this.dispatcher.ledger.pending > 0; steps++) {
      if (steps > 200) return false
      for (const body of this.bodies) if (!body.ended && !body.machine.engine.isDead) body.machine.end(body, 'finish')
      await this.#clock.pass(500)
    }
    await this.#clock.pass(60_000) // what is revoked still, and messages that are late
    for (const { engine } of this.#machines) engine.die()
    return true
  }

  #lose(): void {
    this.lostData = true
    this.memory.loseData()
  }

  #submit(which: number, more: { queueTimeout?: number }, id = `call-${this.calls.length}`): void {
    const key = { module: { url: `file://${__filename}`, format: 'esm' }, holder: 'function', member: 'f' } as never
    const method = new DispatchedMethod({ index: 0, key, cls: null, label: '`f`' })
    const name = this.calls.length
    const call = new QueueCall({
      kind: 'process',
      flavour: 'concurrent',
      number: name,
      limits: { id, retries: RETRIES[which % RETRIES.length], ...more } as never,
      payload: { method, flags: 0, self: undefined, args: [id], extra: undefined, transfer: undefined },
      caller: undefined,
    })
    this.settlements.push(0)
    this.calls.push(call)
    call.future.catch(() => undefined)
    call.future.addDoneCallback(() => (this.settlements[name] = (this.settlements[name] as number) + 1))
    this.dispatcher.submit(call)
  }
}

const attemptsOf = (retries: number | Retries): number => (typeof retries === 'number' ? 1 + retries : retries.attempts)

beforeAll(() => setRoot(`file://${__dirname}/`))

test('every call settles once, and starts no more often than it may', async () => {
  await fc.assert(
    fc.asyncProperty(
      settings,
      fc.array(action, { minLength: 20, maxLength: 80, size: 'max' }),
      async (given, actions) => {
        const world = new World(given)
        for (const { what, which } of actions) {
          if (RARE.has(what) && which % 10 > 0) continue
          await world.do(what, which)
        }
        expect(await world.end()).toBe(true)
        expect(world.settlements.every((count) => count === 1)).toBe(true)
        expect(world.overlaps.filter((id) => !world.memory.forgotten.has(id))).toEqual([])
        for (const call of world.calls) {
          const joined = world.calls.filter(({ id }) => id === call.id)
          const started = world.starts.get(call.id) ?? 0
          const allowed = Math.max(...joined.map(({ limits }) => attemptsOf(limits.retries as number | Retries)))
          if (!world.lostData) expect(started).toBeLessThanOrEqual(allowed)
          expectOutcome(call, joined, started)
        }
      },
    ),
    { numRuns: 150 },
  )
}, 60_000)

/** An outcome is what a body did, a limit, a cancellation, or the verdict that the machine or the record is lost. */
function expectOutcome(call: QueueCall, joined: readonly QueueCall[], started: number): void {
  const { state, value } = call.future.peek()
  if (state === 'finished') expect([started > 0, value]).toEqual([true, `${call.id}!`])
  else if (value instanceof RangeError) expect(started).toBeGreaterThan(0)
  else if (value instanceof ProcessExpired) expect(started).toBeGreaterThan(0)
  else if (value instanceof TimeoutError)
    expect(joined.some(({ limits }) => limits.queueTimeout !== undefined)).toBe(true)
  else if (state === 'failed') expect(value).toBeInstanceOf(PoolError)
  else expect(value).toBeInstanceOf(CancelledError)
}
