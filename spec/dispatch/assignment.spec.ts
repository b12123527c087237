/** Which worker gets a call, and how many calls are sent ahead of what it runs. */
import { expectLongBodies, chooseWorker } from '../../src/dispatch/assignment'
import type { Call } from '../../src/dispatch/call'
import { SLOTS } from '../../src/wire/slots'
import { outcome } from '../support/outcome'
import { FakePool } from './fake-pool'

/** What the library takes for the number of cores, whatever the machine has. */
const CORES = 2
jest.mock('node:os', () => ({
  ...jest.requireActual<object>('node:os'),
  availableParallelism: () => 2,
}))

interface Fake {
  readonly inFlight: number
  readonly load?: number
  readonly isReady?: boolean
  readonly isStalled?: boolean
  readonly canTakeCall?: boolean
}

interface Settings {
  readonly concurrency?: number
  /** Whether another worker may start. */
  readonly room?: boolean
  /** The workers that can run the call, if others cannot. */
  readonly only?: readonly number[]
  /** What the call moves. */
  readonly transfer?: readonly unknown[]
  /** Whether the call comes from a queue. */
  readonly raw?: boolean
}

/** Which of `fakes` gets a call that is expected to take `expected` ms. */
function chosen(fakes: readonly Fake[], expected: number, settings: Settings = {}): number | string {
  const { concurrency = 1, room = false, only, transfer, raw = false } = settings
  const all = fakes.map((worker) => ({ load: 0, isReady: true, isStalled: false, canTakeCall: true, ...worker }))
  const fresh = {}
  const workers = {
    assignable: all,
    canTakeCall: ({ canTakeCall }: Fake) => canTakeCall,
    addWorker: () => (room ? fresh : undefined),
  }
  const call = { payload: { method: { expectedDuration: expected }, transfer }, limits: {}, raw }
  const able = only && new Set(only.map((at) => all[at]))
  const worker = chooseWorker(call as unknown as Call, workers as never, concurrency, able as never)
  if (worker === undefined) return 'none'
  return (worker as unknown) === fresh ? 'a new one' : all.indexOf(worker as never)
}

describe('a call goes', () => {
  test.each<[string, readonly Fake[], number | string, Settings?]>([
    ['to an idle worker, before a new one', [{ inFlight: 1 }, { inFlight: 0 }], 1, { room: true }],
    ['to a new worker, before a busy one', [{ inFlight: 1 }], 'a new one', { room: true }],
    ['to the worker with the lowest load', [{ inFlight: 2, load: 0.5 }, { inFlight: 2, load: 0.2 }, { inFlight: 2, load: 0.3 }], 1], // prettier-ignore
    [
      'to the first of several with the same load',
      [
        { inFlight: 2, load: 0.5 },
        { inFlight: 2, load: 0.5 },
      ],
      0,
    ],
    ['to no worker that is used up', [{ inFlight: 0, canTakeCall: false }, { inFlight: 1 }], 1],
    ['to no worker that is not ready, unless it is idle', [{ inFlight: 1, isReady: false }], 'none'],
    ['to a worker that starts and has no call', [{ inFlight: 0, isReady: false }], 0],
    ['to no stalled worker', [{ inFlight: 1, isStalled: true }], 'none'],
    ['only to a worker that can run it', [{ inFlight: 0 }, { inFlight: 1 }, { inFlight: 0 }], 1, { only: [1] }],
    ['to no worker, not even a new one, if those that can run it are busy', [{ inFlight: 0 }, { inFlight: 9, load: 9 }], 'none', { only: [1], room: true }], // prettier-ignore
    ['to a stalled worker that can run one more body', [{ inFlight: 1, isStalled: true }], 0, { concurrency: 2 }],
  ])('%s', (...[, fakes, expected, settings]) => {
    expect(chosen(fakes, 0.2, settings)).toBe(expected)
  })

  const busy = (count: number, more = {}): Fake[] => Array.from({ length: count }, () => ({ inFlight: 1, ...more }))
  const idle: Fake = { inFlight: 0 }

  test.each<[string, readonly Fake[], number, number | string, object?]>([
    ['to an idle worker if not all cores have work', [idle, ...busy(CORES - 1), idle], 0.1, 0],
    ['to a busy worker if all cores have work and it is short', [idle, ...busy(CORES)], 0.1, 1],
    ['to an idle worker if it is not short', [...busy(CORES), idle], 0.11, CORES],
    ['to an idle worker if nobody knows how long it takes', [...busy(CORES), idle], Infinity, CORES],
    [
      'to an idle worker if bodies run together',
      [...busy(CORES, { inFlight: 2 }), idle],
      0.1,
      CORES,
      { concurrency: 2 },
    ],
    ['to an idle worker if a busy one is stalled', [...busy(CORES, { isStalled: true }), idle], 0.1, CORES],
    ['to an idle worker if a busy one has not started', [...busy(CORES, { isReady: false }), idle], 0.1, CORES],
    [
      'to an idle worker if a busy one runs a long call',
      [{ inFlight: 1, load: 50 }, ...busy(CORES - 1), idle],
      0.1,
      CORES,
    ],
    [
      'to no worker that runs a long call',
      [{ inFlight: 1, load: 50 }, ...busy(CORES, { inFlight: 20, load: 1 }), idle],
      0.1,
      'none',
    ],
    ['to the first workers, as many as cores, if more are busy', [...busy(CORES, { load: 0.5 }), { inFlight: 1, load: 0.1 }], 0.1, 0], // prettier-ignore
    ['to the least loaded of the first workers', [{ inFlight: 2, load: 0.5 }, ...busy(CORES, { load: 0.2 })], 0.1, 1],
    ['to no new worker, either, if the others are stalled', [...busy(CORES), { inFlight: 1, isStalled: true }], 0.1, 0, { room: true }], // prettier-ignore
    ['to a new worker if a core has no work', [{ inFlight: 1 }, ...busy(CORES, { isStalled: true })], 0.1, 'a new one', { room: true }], // prettier-ignore
    ['to a busy worker with work for up to 1 ms', [...busy(CORES, { load: 1 }), idle], 0.1, 0],
    ['to no other worker if the first ones have work for 1 ms', [...busy(CORES, { inFlight: 20, load: 1 }), { inFlight: 1, load: 0.1 }], 0.1, 'none'], // prettier-ignore
    ['of a queue to the only busy worker, although a core has no work', [{ inFlight: 1 }, idle], 0.1, 0, { raw: true }],
    ['of a queue to an idle worker if the busy one has work for more than 1 ms', [{ inFlight: 1, load: 1.1 }, idle], 0.1, 1, { raw: true }], // prettier-ignore
    ['of a queue to an idle worker if it is not short', [{ inFlight: 1 }, idle], 0.11, 1, { raw: true }],
    ['to the least loaded of all busy workers if it is not short', [...busy(CORES, { load: 0.5 }), { inFlight: 1, load: 0.1 }], 0.11, CORES], // prettier-ignore
    ['to no new worker if all cores have work and it is short', busy(CORES + 1), 0.1, 0, { room: true }],
    ['to another busy worker if a core has no short call', [{ inFlight: 1, load: 50 }, ...busy(CORES)], 0.1, 1],
    ['to no worker if all cores have work for 1 ms', [...busy(CORES, { inFlight: 20, load: 1 }), idle], 0.1, 'none'],
  ])('%s', (...[, fakes, expected, worker, settings]) => {
    expect(chosen(fakes, expected, settings)).toBe(worker)
  })

  test('to an idle worker if it moves something, even if it is short', () => {
    expect(chosen([...busy(CORES), idle], 0.1, { transfer: [] })).toBe(CORES)
  })

  test('to an idle worker if only some can run it', () => {
    expect(chosen([...busy(CORES), idle], 0.1, { only: [CORES] })).toBe(CORES)
  })

  const depths: Array<[Fake, number, boolean, number?]> = [
    [{ inFlight: 1 }, Infinity, false], // its duration is unknown
    [{ inFlight: 1 }, 5.01, false],
    [{ inFlight: 1 }, 5, true], // the next call is always sent ahead
    [{ inFlight: 2, load: 5 }, 5, false],
    [{ inFlight: 2, load: 0.9 }, 0.1, true],
    [{ inFlight: 2, load: 0.91 }, 0.1, false],
    [{ inFlight: 4, load: 1.9 }, 0.1, true, 2],
    [{ inFlight: 4, load: 1.91 }, 0.1, false, 2],
    [{ inFlight: 3, load: 9 }, 5, true, 3],
    [{ inFlight: 2, load: 9 }, Infinity, true, 3],
    [{ inFlight: SLOTS / 2 - 1 }, 0, true],
    [{ inFlight: SLOTS / 2 }, 0, false],
  ]

  test.each(depths)('to a worker with %j, if it takes %d ms: %p', (worker, expected, fits, concurrency = 1) => {
    expect(chosen([worker], expected, { concurrency })).toBe(fits ? 0 : 'none')
  })
})

test.each([
  [100, 100],
  [1, 5],
  [undefined, 5],
])('a timeout of %p ms makes the method one that is expected to take %d ms', (timeout, expected) => {
  const method = { expectedDuration: 0.01 }
  expectLongBodies({ payload: { method }, limits: { timeout } } as never)
  expect(method.expectedDuration).toBe(expected)
})

test('a worker has no more calls than slots, whatever its concurrency is; the other calls wait', async () => {
  const pool = new FakePool({ maxWorkers: 1, concurrency: 1_000 })
  const calls = Array.from({ length: 600 }, (_, n) => pool.call(n))
  const worker = pool.worker(0).serve()
  await pool.flushed()
  expect(worker.names).toHaveLength(512)
  for (let n = 0; n < 600; n++) {
    worker.run(n)
    await pool.flushed()
  }
  expect(await Promise.all(calls.map(outcome))).toEqual(calls.map((_call, n) => `${n}!`))
})
