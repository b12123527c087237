import { closeSync, existsSync, readdirSync, writeSync } from 'node:fs'
import { SLOTS } from '../../src/wire/messages'
import { ParentSlotFile, WorkerSlotFile } from '../../src/wire/slot-file'
import { monotonic, SharedSlots, SlotState, type ParentSlots, type WorkerSlots } from '../../src/wire/slots'

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
      const parent = new ParentSlotFile()
      return { parent, worker: new WorkerSlotFile(parent.fd) }
    },
  ],
]

describe.each(kinds)('slots %s', (_name, make) => {
  let { parent, worker }: Ends = {} as Ends
  beforeEach(() => ({ parent, worker } = make()))
  afterEach(() => parent.close())

  test('tell how far a call is', () => {
    parent.open(5)
    expect(parent.state(5)).toBe(SlotState.Sent)
    worker.loading(5)
    expect(parent.state(5)).toBe(SlotState.Loading)
    const before = monotonic()
    expect(worker.start(5)).toBe(true)
    expect(parent.state(5)).toBe(SlotState.Started)
    expect(parent.startedAt(5)).toBeGreaterThanOrEqual(before)
    expect(parent.startedAt(5)).toBeLessThanOrEqual(monotonic())
  })

  test('let the parent take a call back before its start', () => {
    parent.open(1)
    parent.open(2)
    worker.loading(2)
    for (const sequence of [1, 2]) {
      expect(parent.withdraw(sequence)).toBe(true)
      expect(worker.start(sequence)).toBe(false)
    }
  })

  test('do not let it after the start', () => {
    parent.open(1)
    expect(worker.start(1)).toBe(true)
    expect(parent.withdraw(1)).toBe(false)
    expect(parent.state(1)).toBe(SlotState.Started)
  })

  test('are used again by later calls, which owe nothing to earlier ones', () => {
    parent.open(3)
    worker.start(3)
    parent.open(3 + SLOTS)
    expect(parent.state(3 + SLOTS)).toBe(SlotState.Sent)
    expect(parent.withdraw(3 + SLOTS)).toBe(true)
    expect(worker.start(3 + SLOTS)).toBe(false)
    parent.open(3 + 2 * SLOTS)
    expect(worker.start(3 + 2 * SLOTS)).toBe(true)
  })

  test('hold one of each state at once', () => {
    for (let sequence = 1; sequence <= SLOTS; sequence++) parent.open(sequence)
    for (let sequence = 1; sequence <= SLOTS; sequence += 3) worker.start(sequence)
    for (let sequence = 2; sequence <= SLOTS; sequence += 3) expect(parent.withdraw(sequence)).toBe(true)
    const count = (state: SlotState): number =>
      Array.from({ length: SLOTS }, (_, index) => parent.state(index + 1)).filter((each) => each === state).length
    expect(count(SlotState.Started)).toBe(Math.ceil(SLOTS / 3))
  })
})

describe('a slot file', () => {
  test('has no name, and is gone once it is closed', () => {
    const named = (): string[] =>
      existsSync('/dev/shm')
        ? readdirSync('/dev/shm').filter((name) => name.startsWith(`pebble-slots-${process.pid}-`))
        : []
    const file = new ParentSlotFile()
    expect(named()).toEqual([])
    file.close()
    file.close() // once is enough
    expect(() => closeSync(file.fd)).toThrow(/EBADF/)
  })

  test('is looked into again after a call that was taken back: those behind it were, too', () => {
    const parent = new ParentSlotFile()
    const worker = new WorkerSlotFile(parent.fd)
    expect([parent.withdraw(1), worker.start(1)]).toEqual([true, false])
    const word = Buffer.alloc(4)
    word.writeUInt32LE(2)
    writeSync(parent.fd, word, 0, 4, SLOTS * 128 + 2 * 4) // at once: `withdraw` would wait
    expect(worker.start(2)).toBe(false)
    parent.close()
  })

  test('that is closed takes nothing back', () => {
    const file = new ParentSlotFile()
    file.close()
    expect(file.withdraw(1)).toBe(false)
    expect(file.state(1)).toBe(SlotState.Sent)
    expect(file.startedAt(1)).toBe(0)
  })
})
