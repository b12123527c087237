import type { JobRecord } from '../../src/cluster/engine'
import { judge, lostStarts, mayRestart, startsOf } from '../../src/cluster/verdict'

const data = (limits: object, b?: number) => ({ c: 'caller', m: JSON.stringify({ limits }), ...(b && { b }) })
const record = (more: Partial<JobRecord> = {}): JobRecord => ({
  id: 'a',
  state: 'waiting',
  pickUps: 0,
  failures: 0,
  attempts: 1,
  data: data({}),
  ...more,
})
const twice = { on: ['lost' as const], attempts: 2 }

describe('the verdict on a record', () => {
  test.each<[string, Partial<JobRecord>, string]>([
    ['it waits for its first start', {}, 'pending'],
    ['its body runs', { state: 'active', pickUps: 1 }, 'active'],
    ['it is over', { state: 'finished', pickUps: 1 }, 'ended'],
    ['it has failed', { state: 'failed', pickUps: 1, failures: 1 }, 'ended'],
    ['no record is left', { state: 'missing', data: undefined }, 'gone'],
    ['it waits after a start without an end', { pickUps: 1 }, 'lost'],
    ['it waits after a failure', { pickUps: 1, failures: 1 }, 'pending'],
    ['it waits after it was requeued', { pickUps: 2, data: data({}, 2) }, 'pending'],
    ['it was requeued, and then lost', { pickUps: 3, data: data({}, 2) }, 'lost'],
    ['it was lost, and may start again', { pickUps: 1, data: data(twice) }, 'pending'],
    ['it was lost as often as it may start', { pickUps: 2, data: data(twice) }, 'lost'],
    ['it has failed and was lost', { pickUps: 2, failures: 1, data: data({ on: ['error'], attempts: 3 }) }, 'lost'],
    ['its outcome is written, and its worker was lost then', { pickUps: 1, outcome: 'x' }, 'ended'],
    [
      'its outcome is written, and its end is not recorded yet',
      { state: 'active', pickUps: 1, outcome: 'x' },
      'active',
    ],
    ['its data is gone', { pickUps: 1, data: undefined }, 'pending'],
  ])('%s', (_when, more, verdict) => {
    expect(judge(record(more))).toBe(verdict)
  })

  it('is an error for jobs of others', () => {
    expect(() => judge(record({ pickUps: 1, data: { c: 'x' } }))).toThrow('a job that is no call of pebble-ts')
  })
})

test('a start that still runs is not lost', () => {
  expect(lostStarts(record({ state: 'active', pickUps: 1 }))).toBe(0)
  expect(lostStarts(record({ state: 'active', pickUps: 2 }))).toBe(1)
  expect(startsOf(record({ pickUps: 3, data: data({}, 2) }))).toBe(1)
})

test('a job may restart until its starts are used up, if `lost` is a cause', () => {
  expect(mayRestart(twice, record({ state: 'active', pickUps: 2 }))).toBe(true)
  expect(mayRestart(twice, record({ state: 'active', pickUps: 3 }))).toBe(false)
  expect(mayRestart({ on: ['error'], attempts: 9 }, record({ pickUps: 1 }))).toBe(false)
  expect(mayRestart({}, record({ pickUps: 1 }))).toBe(false)
})
