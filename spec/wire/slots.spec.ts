import { SLOTS, SharedSlots, SlotState, type ParentSlots, type WorkerSlots } from '../../src/wire/slots'
import { ParentSlotFile, WorkerSlotFile } from '../../src/wire/slot-file'
import { monotonic } from '../../src/utils/clock'

const fail = (error: unknown): void => {
  throw error
}

interface Ends {
  readonly parent: ParentSlots
  readonly worker: WorkerSlots
}

const kinds: ReadonlyArray<[string, () => Ends]> = [
  [
    'in shared memory',
    () => {
      const parent = new SharedSlots()
      return { parent, worker: new SharedSlots(parent.memory) }
    },
  ],
  [
    'in a file',
    () => {
      const parent = new ParentSlotFile(fail)
      return { parent, worker: new WorkerSlotFile(parent.fd) }
    },
  ],
]

describe.each(kinds)('slots %s', (_name, make) => {
  let { parent, worker }: Ends = {} as Ends
  beforeEach(() => ({ parent, worker } = make()))
  afterEach(() => parent.close())

  test('show how far a call has come', () => {
    parent.open(5)
    expect(parent.state(5)).toBe(SlotState.Sent)
    worker.markLoading(5)
    expect(parent.state(5)).toBe(SlotState.Loading)
    const before = monotonic()
    expect(worker.start(5)).toBe(true)
    expect(parent.state(5)).toBe(SlotState.Started)
    expect(parent.startedAt(5)).toBeGreaterThanOrEqual(before)
    expect(parent.startedAt(5)).toBeLessThanOrEqual(monotonic())
  })

  test('show how long a body has worked, without its pauses', () => {
    parent.open(7)
    worker.start(7)
    const started = parent.startedAt(7)
    expect(parent.worked(7, started + 100)).toBe(100)
    expect(parent.isPaused(7)).toBe(false)
    worker.pause(7)
    worker.pause(7)
    expect(parent.isPaused(7)).toBe(true)
    const worked = parent.worked(7, started + 1e6)
    expect(worked).toBe(parent.worked(7, started + 2e6))
    expect(worked).toBeLessThan(1e6)
    worker.resume(7)
    worker.resume(7)
    expect(parent.isPaused(7)).toBe(false)
    const now = monotonic()
    expect(parent.worked(7, now + 100) - parent.worked(7, now)).toBeCloseTo(100)
    expect(parent.worked(7, now)).toBeGreaterThanOrEqual(worked)
    expect(parent.startedAt(7)).toBe(started)
    expect(parent.state(7)).toBe(SlotState.Started)
    parent.open(7 + SLOTS)
    worker.start(7 + SLOTS)
    expect(parent.isPaused(7 + SLOTS)).toBe(false)
  })

  test('let the parent revoke a call before it starts', () => {
    parent.open(1)
    parent.open(2)
    worker.markLoading(2)
    for (const sequence of [1, 2]) {
      expect(parent.revoke(sequence)).toBe(true)
      expect(worker.start(sequence)).toBe(false)
    }
  })

  test('show worker and parent the same start time', () => {
    for (const sequence of [1, 2]) {
      parent.open(sequence)
      worker.markLoading(sequence)
      worker.start(sequence)
      expect(worker.lastStart).toBe(parent.startedAt(sequence))
    }
  })

  test('do not let the parent revoke a call that has started', () => {
    parent.open(1)
    expect(worker.start(1)).toBe(true)
    expect(parent.revoke(1)).toBe(false)
    expect(parent.state(1)).toBe(SlotState.Started)
  })

  test('are reused by later calls, without traces of earlier ones', () => {
    parent.open(3)
    worker.start(3)
    parent.open(3 + SLOTS)
    expect(parent.state(3 + SLOTS)).toBe(SlotState.Sent)
    expect(parent.revoke(3 + SLOTS)).toBe(true)
    expect(worker.start(3 + SLOTS)).toBe(false)
    parent.open(3 + 2 * SLOTS)
    expect(worker.start(3 + 2 * SLOTS)).toBe(true)
  })

  test('let the parent revoke several calls at once, except those that have started', () => {
    for (const sequence of [1, 2, 3, 4]) parent.open(sequence)
    worker.start(2)
    worker.markLoading(4)
    expect(parent.revokeAll([4, 3, 2, 1])).toEqual([4, 3, 1])
    expect([1, 3, 4].map((sequence) => worker.start(sequence))).toEqual([false, false, false])
  })

  test('hold calls of different states at the same time', () => {
    for (let sequence = 1; sequence <= SLOTS; sequence++) parent.open(sequence)
    for (let sequence = 1; sequence <= SLOTS; sequence += 3) worker.start(sequence)
    for (let sequence = 2; sequence <= SLOTS; sequence += 3) expect(parent.revoke(sequence)).toBe(true)
    const count = (state: SlotState): number =>
      Array.from({ length: SLOTS }, (_, index) => parent.state(index + 1)).filter((each) => each === state).length
    expect(count(SlotState.Started)).toBe(Math.ceil(SLOTS / 3))
  })
})

test('the clock counts in milliseconds, the same in every thread and process', () => {
  const now = (): number => Number(process.hrtime.bigint()) / 1e6
  const before = now()
  const time = monotonic()
  expect(time).toBeGreaterThanOrEqual(before - 1e-3)
  expect(time).toBeLessThanOrEqual(now() + 1e-3)
})
