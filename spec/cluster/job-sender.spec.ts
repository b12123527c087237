import type { CallerEngine, NewJob } from '../../src/cluster/engine'
import { JobSender } from '../../src/cluster/job-sender'
import { CallState } from '../../src/dispatch/call'
import { FakeClock } from '../support/clock'
import { job } from './engine.suite'

let clock: FakeClock
let added: string[][]
let told: string[]
let answer: () => Promise<void>
let sender: JobSender
beforeEach(() => {
  clock = new FakeClock()
  added = []
  told = []
  answer = () => Promise.resolve()
  const add = (jobs: readonly NewJob[]) => (added.push(jobs.map(({ id }) => id)), answer())
  const hooks = {
    added: ({ id }: { id: string }) => told.push(`added ${id}`),
    failed: ({ id }: { id: string }, error: Error) => told.push(`failed ${id}: ${String(error.cause)}`),
  }
  sender = new JobSender(
    { engine: { add, problem: () => undefined } as Partial<CallerEngine> as CallerEngine, connectTimeout: 1_000 },
    hooks,
  )
})
const call = (id: string, more: object = {}): any => ({
  id,
  state: CallState.Queued,
  limits: {},
  addedAt: Infinity,
  polls: false,
  label: id,
  ...more,
})

test('jobs of one turn are added together', async () => {
  const calls = ['a', 'b'].map((id) => call(id))
  for (const each of calls) sender.push(each, job(each.id))
  await clock.pass(0)
  expect(added).toEqual([['a', 'b']])
  expect(told).toEqual(['added a', 'added b'])
  expect(calls.every(({ addedAt }) => addedAt < Infinity)).toBe(true)
  expect(clock.timers).toEqual([])
})

test('those that were cancelled meanwhile are not', async () => {
  sender.push(call('a', { state: CallState.Settled }), job('a'))
  await clock.pass(0)
  expect(added).toEqual([])
})

test('calls with an id of their own are looked at often: another program may get their replies', async () => {
  const own = call('a', { limits: { id: 'a' } })
  sender.push(own, job('a'))
  await clock.pass(0)
  expect(own.polls).toBe(true)
})

test('an engine that refuses them fails them', async () => {
  answer = () => Promise.reject(new Error('no'))
  sender.push(call('a'), job('a'))
  await clock.pass(0)
  expect(told).toEqual(['failed a: Error: no'])
})

test('an engine that is silent fails them after the limit, and may add them later', async () => {
  let add: () => void = () => undefined
  answer = () => new Promise((resolve) => (add = resolve))
  sender.push(call('a'), job('a'))
  await clock.pass(0)
  await clock.pass(1_000)
  await clock.pass(0)
  expect(told).toEqual(['failed a: undefined'])
  add()
  await clock.pass(0)
  expect(told).toEqual(['failed a: undefined', 'added a'])
})

test('calls that fail because the connection stays lost carry the last error of the connection', async () => {
  let attempts = 0
  answer = () => Promise.reject(Object.assign(new Error(`refused ${++attempts}`), { code: 'ECONNREFUSED' }))
  sender.push(call('a'), job('a'))
  await clock.pass(0)
  for (let ms = 0; ms < 1_000; ms += 200) await clock.pass(200)
  await clock.pass(0)
  expect(attempts).toBeGreaterThan(3)
  expect(told).toEqual([expect.stringMatching(/^failed a: Error: refused [456]$/)])
})

describe('many jobs of one turn', () => {
  const many = (count: number): void => {
    for (let n = 0; n < count; n++) sender.push(call(`${n}`), job(`${n}`))
  }

  test('are added in parts, one after the other, before those of later turns', async () => {
    const answers: Array<() => void> = []
    answer = () => new Promise((resolve) => answers.push(resolve))
    many(2_500)
    await clock.pass(0)
    sender.push(call('later'), job('later'))
    await clock.pass(0)
    for (let part = 0; part < 3; part++) {
      await clock.pass(900) // each part has a limit of its own
      expect(added).toHaveLength(part + 1)
      answers[part]?.()
      await clock.pass(0)
    }
    expect(added.map(({ length }) => length)).toEqual([1_000, 1_000, 501])
    expect(added.flat()).toEqual([...Array.from({ length: 2_500 }, (_, n) => `${n}`), 'later'])
    expect(told.filter((text) => text.startsWith('failed'))).toEqual([])
    expect(clock.timers).toEqual([])
  })

  test('are all added if calls of later turns come while the last part is sent', async () => {
    const answers: Array<() => void> = []
    answer = () => new Promise((resolve) => answers.push(resolve))
    many(1_500)
    await clock.pass(0)
    answers[0]?.()
    await clock.pass(0)
    sender.push(call('later'), job('later'))
    await clock.pass(0)
    for (let part = 1; part < 3; part++) {
      answers[part]?.()
      await clock.pass(0)
    }
    expect(added.map(({ length }) => length)).toEqual([1_000, 500, 1])
    expect(added.flat().at(-1)).toBe('later')
  })

  test('fail together if the engine is silent', async () => {
    answer = () => new Promise(() => undefined)
    many(2_500)
    await clock.pass(0)
    await clock.pass(1_000)
    expect(told).toHaveLength(2_500)
    answer = () => Promise.resolve()
    many(1_500)
    await clock.pass(0)
    await clock.pass(0)
    expect(added.map(({ length }) => length)).toEqual([1_000, 1_000, 500])
  })
})

test('an answer that came while the thread was busy counts', async () => {
  let add: () => void = () => undefined
  answer = () => new Promise((resolve) => (add = resolve))
  sender.push(call('a'), job('a'))
  await clock.pass(0)
  const passed = clock.pass(1_000)
  add()
  await passed
  await clock.pass(0)
  expect(told).toEqual(['added a'])
})
