import { lineOf } from '../../src/diagnostics/events'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { CallEvent, CallSettledEvent, CallStartedEvent, WorkerExitedEvent, WorkerStartedEvent } from 'pebble-ts'
import * as tasks from '../fixtures/pools/tasks'
import { makePool, solo } from '../suites/pool-kit'
import { Gate } from '../support/gate'
import { forEachKind, type Kind } from '../support/setup'
import { failure, settled, until } from '../support/until'

type Event = { event: string } & Partial<
  CallEvent & CallStartedEvent & CallSettledEvent & WorkerStartedEvent & WorkerExitedEvent
>
const NAMES = ['call:queued', 'call:started', 'call:settled', 'worker:started', 'worker:exited']

let events: Event[] = []
const listeners = NAMES.map((event) => (message: unknown) => void events.push({ ...(message as object), event }))

beforeEach(() => {
  events = []
  NAMES.forEach((name, n) => subscribe(`pebble-ts:${name}`, listeners[n] as () => void))
})
afterEach(() => NAMES.forEach((name, n) => unsubscribe(`pebble-ts:${name}`, listeners[n] as () => void)))

const of = (id: string): Event[] => events.filter((event) => event.id === id)
const named = (name: string): Event[] => events.filter(({ event }) => event === name)

forEachKind('the diagnostics channels', (kind: Kind) => {
  it('publish three events for a call, in order, on the clock of performance.now()', async () => {
    const [pool, before] = [makePool(kind, { maxWorkers: 1, name: `watched ${kind}` }), performance.now()]
    const future = pool.schedule(tasks.add, { args: [1, 2] })
    await settled(future)
    const [queued, started, done] = of(future.id)
    expect(of(future.id).map(({ event }) => event)).toEqual(['call:queued', 'call:started', 'call:settled'])
    expect(queued).toMatchObject({ label: '`add` of tasks.ts', number: 1, pool: `watched ${kind}`, kind })
    expect(done).toMatchObject({ state: 'finished', error: undefined, startedAt: started?.startedAt })
    expect(done?.worker).toMatchObject({ pool: `watched ${kind}`, kind, id: expect.any(Number) })
    const times = [before, queued?.queuedAt, started?.startedAt, done?.settledAt, performance.now()] as number[]
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(done?.duration).toBeLessThanOrEqual((done?.settledAt as number) - (done?.startedAt as number) + 1)
  })

  it('publish the start of a body while it runs', async () => {
    const gate = new Gate()
    const future = solo(kind).schedule(tasks.pass, { args: [gate.path] })
    await until(() => of(future.id).some(({ event }) => event === 'call:started'), 'the start')
    expect(future.done()).toBe(false)
    gate.open()
    await settled(future)
    expect(of(future.id).map(({ event }) => event)).toEqual(['call:queued', 'call:started', 'call:settled'])
  })

  it('publish two events for a call that is cancelled before it starts', async () => {
    const [pool, gate] = [solo(kind), new Gate()]
    const first = pool.schedule(tasks.pass, { args: [gate.path] })
    const second = pool.schedule(tasks.pass, { args: [gate.path] })
    await gate.whenArrived()
    second.cancel()
    expect(of(second.id).map(({ event }) => event)).toEqual(['call:queued', 'call:settled'])
    expect(of(second.id)[1]).toMatchObject({ state: 'cancelled', startedAt: null, duration: null, worker: null })
    gate.open()
    await settled(first)
  })

  it('publish errors, and each event of a call exactly once', async () => {
    const pool = makePool(kind, { maxWorkers: 2 })
    const futures = Array.from({ length: 300 }, (_, n) =>
      n % 3 === 0 ? pool.schedule(tasks.fail, { args: [`${n}`] }) : pool.schedule(tasks.add, { args: [n, 1] }),
    )
    await settled(Promise.allSettled(futures))
    for (const [n, { id }] of futures.entries()) {
      expect(of(id).map(({ event }) => event)).toEqual(['call:queued', 'call:started', 'call:settled'])
      const error = n % 3 === 0 ? expect.objectContaining({ message: `${n}` }) : undefined
      expect(of(id)[2]).toMatchObject({ state: n % 3 === 0 ? 'failed' : 'finished', error })
    }
  })

  it('publish the start and the exit of workers', async () => {
    const pool = solo(kind)
    const dead = pool.schedule(tasks.exit, { args: [7] })
    const error = await failure(dead)
    pool.close()
    await settled(pool.join())
    const [first] = named('worker:started')
    const exit = named('worker:exited').find(({ name }) => name === first?.name)
    expect(exit).toMatchObject({ pool: pool.name, kind, exitCode: 7, signal: null, expected: false, calls: 0 })
    expect(of(dead.id)[2]).toMatchObject({ state: 'failed', error, worker: { name: first?.name } })
    expect(named('worker:exited')).toHaveLength(named('worker:started').length)
    expect(events.findIndex((event) => event === exit)).toBeGreaterThan(events.indexOf(of(dead.id)[1] as Event))
  })
})

test.each<[string, unknown, string]>([
  ['an error', new RangeError('oh\nno'), 'RangeError: oh'],
  ['data', { a: 1 }, '{ a: 1 }'],
  ['an error whose name is not a string', Object.assign(new Error('oh'), { name: Symbol('x') }), 'something that cannot be shown'], // prettier-ignore
])('`lineOf()` shows %s in one line', (_what, thrown, line) => {
  expect(lineOf(thrown)).toBe(line)
})
