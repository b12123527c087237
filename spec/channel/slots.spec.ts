import fs, { closeSync, existsSync, fstatSync, readdirSync, readlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as clocks from '../../src/utils/clock'
import { FRAME_HEADER, writeFrame } from '../../src/wire/frames'
import { MessageKind, SLOTS } from '../../src/wire/messages'
import { LARGEST_IN_SLOT, ParentSlotFile, WorkerSlotFile } from '../../src/wire/slot-file'
import { monotonic, SharedSlots, SlotState, type ParentSlots, type WorkerSlots } from '../../src/wire/slots'

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

  test('tell how far a call is', () => {
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

  test('tell how long a body has worked, without its pauses', () => {
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

  test('let the parent take a call back before its start', () => {
    parent.open(1)
    parent.open(2)
    worker.markLoading(2)
    for (const sequence of [1, 2]) {
      expect(parent.revoke(sequence)).toBe(true)
      expect(worker.start(sequence)).toBe(false)
    }
  })

  test('tell worker and parent the same time of a start', () => {
    for (const sequence of [1, 2]) {
      parent.open(sequence)
      worker.markLoading(sequence)
      worker.start(sequence)
      expect(worker.lastStart).toBe(parent.startedAt(sequence))
    }
  })

  test('do not let it after the start', () => {
    parent.open(1)
    expect(worker.start(1)).toBe(true)
    expect(parent.revoke(1)).toBe(false)
    expect(parent.state(1)).toBe(SlotState.Started)
  })

  test('are used again by later calls, which owe nothing to earlier ones', () => {
    parent.open(3)
    worker.start(3)
    parent.open(3 + SLOTS)
    expect(parent.state(3 + SLOTS)).toBe(SlotState.Sent)
    expect(parent.revoke(3 + SLOTS)).toBe(true)
    expect(worker.start(3 + SLOTS)).toBe(false)
    parent.open(3 + 2 * SLOTS)
    expect(worker.start(3 + 2 * SLOTS)).toBe(true)
  })

  test('of several calls are taken back together, but for those that have started', () => {
    for (const sequence of [1, 2, 3, 4]) parent.open(sequence)
    worker.start(2)
    worker.markLoading(4)
    expect(parent.revokeAll([4, 3, 2, 1])).toEqual([4, 3, 1])
    expect([1, 3, 4].map((sequence) => worker.start(sequence))).toEqual([false, false, false])
  })

  test('hold one of each state at once', () => {
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

describe('a slot file', () => {
  afterEach(() => jest.restoreAllMocks())

  const ends = (): { parent: ParentSlotFile; worker: WorkerSlotFile } => {
    const parent = new ParentSlotFile(fail)
    return { parent, worker: new WorkerSlotFile(parent.fd) }
  }
  /** In the middle of a buffer, and where. */
  const placed = (bytes: Uint8Array): [bytes: Uint8Array, from: number, end: number] => [
    Buffer.concat([Buffer.alloc(3, 0xaa), bytes, Buffer.alloc(5, 0xbb)]),
    3,
    3 + bytes.byteLength,
  ]
  const frame = (sequence: number, data: unknown): Uint8Array => {
    const bytes = Buffer.alloc(LARGEST_IN_SLOT)
    return bytes.subarray(0, writeFrame(bytes, 0, MessageKind.Value, sequence, 1.5, 0, data))
  }
  /** Says that a call is taken back, without the wait of `withdraw`. */
  const sayWithdrawn = ({ fd }: ParentSlotFile, sequence: number): void => {
    const word = Buffer.alloc(4)
    word.writeUInt32LE(sequence)
    writeSync(fd, word, 0, 4, SLOTS * 128 + (sequence % SLOTS) * 4)
  }

  const onLinux = existsSync('/dev/shm') ? test : test.skip
  const pathOf = ({ fd }: ParentSlotFile): string => readlinkSync(`/proc/self/fd/${fd}`)

  onLinux('lies in memory where the system has a folder for that, else in the temporary folder', () => {
    const open = fs.openSync
    const file = new ParentSlotFile(fail)
    expect(pathOf(file)).toMatch(/^\/dev\/shm\/pebble-slots-\d+-[0-9a-f]{12} \(deleted\)$/)
    expect(fstatSync(file.fd).mode & 0o777).toBe(0o600)
    file.close()
    jest.spyOn(fs, 'openSync').mockImplementation((path, ...rest) => {
      if (String(path).startsWith('/dev/shm/')) throw new Error('no such folder')
      return open(path, ...rest)
    })
    const other = new ParentSlotFile(fail)
    expect(pathOf(other).startsWith(`${tmpdir()}/pebble-slots-`)).toBe(true)
    other.close()
  })

  test('cannot be made where neither folder takes it', () => {
    jest.spyOn(fs, 'openSync').mockImplementation((path) => {
      throw new Error(`no room in ${String(path).replace(/\/pebble-slots-.*/, '')}`)
    })
    expect(() => new ParentSlotFile(fail)).toThrow(`no room in ${tmpdir()}`)
  })

  test.each([
    ['the next', 5, 6],
    ['another', 5, 9],
    ['the first', SLOTS - 1, SLOTS],
    ['an earlier', SLOTS + 5, 2 * SLOTS + 4],
  ])('has an outcome as soon as %s call starts, with the time of its start', (_, done, next) => {
    const { parent, worker } = ends()
    worker.start(done)
    const startedAt = parent.startedAt(done)
    expect(parent.outcome(done)).toBeUndefined()
    expect(worker.keep(done, ...placed(frame(done, 'result')))).toBe(true)
    expect(parent.state(done)).toBe(SlotState.Started)
    expect(worker.start(next)).toBe(true)
    expect(parent.state(done)).toBe(SlotState.Done)
    expect(parent.state(next)).toBe(SlotState.Started)
    expect(parent.startedAt(done)).toBe(startedAt)
    expect(parent.startedAt(next)).toBeGreaterThan(startedAt)
    expect(parent.outcome(done)).toEqual({
      kind: MessageKind.Value,
      sequence: done,
      duration: 1.5,
      flags: 0,
      data: 'result',
    })
    expect(parent.outcome(next)).toBeUndefined()
    expect(parent.revoke(done)).toBe(false)
    parent.close()
  })

  test('has an outcome when the next call is being loaded, too', () => {
    const { parent, worker } = ends()
    worker.start(1)
    worker.keep(1, ...placed(frame(1, 5)))
    worker.markLoading(2)
    expect(parent.outcome(1)).toMatchObject({ data: 5 })
    expect(parent.state(2)).toBe(SlotState.Loading)
    parent.close()
  })

  test('keeps one outcome at a time, and forgets it where it went out another way', () => {
    const { parent, worker } = ends()
    worker.start(SLOTS)
    expect(worker.keep(SLOTS, ...placed(frame(SLOTS, 'first')))).toBe(true)
    expect(worker.keep(SLOTS + 1, ...placed(frame(SLOTS + 1, 'second')))).toBe(false)
    worker.forget()
    worker.start(SLOTS + 1)
    expect(parent.state(SLOTS)).toBe(SlotState.Started)
    expect(worker.keep(SLOTS + 1, ...placed(frame(SLOTS + 1, 'second')))).toBe(true)
    worker.start(SLOTS + 2)
    expect(parent.outcome(SLOTS + 1)).toMatchObject({ data: 'second' })
    parent.close()
  })

  test('is written once for each start, be it with an outcome of the slot before', () => {
    const { parent, worker } = ends()
    const write = jest.spyOn(fs, 'writeSync')
    worker.start(1)
    expect(write).toHaveBeenCalledTimes(1)
    worker.keep(1, ...placed(frame(1, 'one')))
    worker.start(2)
    expect(write).toHaveBeenCalledTimes(2)
    parent.close()
  })

  test('leaves the slots beside an outcome alone, be it as large as it may', () => {
    const { parent, worker } = ends()
    const data = Buffer.alloc(LARGEST_IN_SLOT - FRAME_HEADER, 7)
    for (const sequence of [4, 6, 5]) worker.start(sequence)
    worker.keep(5, ...placed(frame(5, data)))
    worker.start(9)
    expect(parent.outcome(5)).toMatchObject({ data })
    for (const sequence of [4, 6, 9]) expect(parent.state(sequence)).toBe(SlotState.Started)
    parent.close()
  })

  test('does not take the start of another call for that of the one which is done', () => {
    const { parent, worker } = ends()
    worker.start(1)
    worker.start(2)
    worker.keep(1, ...placed(frame(1, 'one of two at once')))
    worker.start(3)
    expect(parent.outcome(1)).toMatchObject({ data: 'one of two at once' })
    expect(parent.startedAt(1)).not.toBe(parent.startedAt(2))
    parent.close()
  })

  test('takes a call for started that starts while the parent waits; the worker skips it', () => {
    const { parent, worker } = ends()
    const started: boolean[] = []
    jest.spyOn(Atomics, 'wait').mockImplementation(() => {
      if (started.length === 0) started.push(worker.start(2))
      return 'timed-out'
    })
    expect(parent.revokeAll([3, 2, 1])).toEqual([3, 1])
    expect(started).toEqual([false])
    parent.close()
  })

  test('makes the parent wait longer than the worker may rely on its last look', () => {
    const { parent } = ends()
    const before = monotonic()
    parent.revoke(1)
    expect(monotonic() - before).toBeGreaterThan(0.25)
    parent.close()
  })

  test('makes nobody wait where all calls have started', () => {
    const { parent, worker } = ends()
    const wait = jest.spyOn(Atomics, 'wait')
    worker.start(1)
    worker.start(2)
    worker.keep(2, ...placed(frame(2, 1)))
    worker.start(3)
    expect(parent.revokeAll([3, 2, 1])).toEqual([])
    expect(parent.revokeAll([])).toEqual([])
    expect(wait).not.toHaveBeenCalled()
    parent.close()
  })

  test('is looked into by the worker where its last look is older than 0.25 ms', () => {
    const { parent, worker } = ends()
    let microseconds = 0
    const clock = jest.spyOn(clocks, 'hrtime').mockImplementation((() => [1_000, microseconds * 1_000]) as never)
    expect(worker.start(1)).toBe(true)
    for (const sequence of [2, 3, 4]) sayWithdrawn(parent, sequence)
    microseconds = 250
    expect(worker.start(2)).toBe(true)
    microseconds = 251
    expect(worker.start(3)).toBe(false)
    expect(worker.start(5)).toBe(true)
    clock.mockRestore()
    parent.close()
  })

  test('has no name, and is gone once it is closed', () => {
    const named = (): string[] =>
      existsSync('/dev/shm')
        ? readdirSync('/dev/shm').filter((name) => name.startsWith(`pebble-slots-${process.pid}-`))
        : []
    const file = new ParentSlotFile(fail)
    expect(named()).toEqual([])
    file.close()
    file.close() // once is enough
    expect(() => closeSync(file.fd)).toThrow(/EBADF/)
  })

  test('is looked into again after a call that was taken back: those behind it were, too', () => {
    const { parent, worker } = ends()
    expect([parent.revoke(1), worker.start(1)]).toEqual([true, false])
    sayWithdrawn(parent, 2)
    expect(worker.start(2)).toBe(false)
    parent.close()
  })

  test('that cannot be read any more takes nothing back, and says so once', () => {
    const failures: unknown[] = []
    const file = new ParentSlotFile((error) => failures.push(error))
    closeSync(file.fd)
    const before = monotonic()
    expect([file.revoke(1), file.revokeAll([1, 2])]).toEqual([false, []])
    expect(file.state(1)).toBe(SlotState.Started) // it may have, and must not run twice
    expect(file.startedAt(1)).toBeGreaterThanOrEqual(before)
    expect(file.outcome(1)).toBeUndefined()
    expect(failures).toMatchObject([{ code: 'EBADF' }])
  })

  test('that cannot be written any more takes nothing back, and says so once', () => {
    const failures: unknown[] = []
    const file = new ParentSlotFile((error) => failures.push(error))
    const write = jest.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
    })
    expect(file.revokeAll([3, 2, 1])).toEqual([])
    write.mockRestore()
    expect(failures).toMatchObject([{ code: 'ENOSPC' }])
    file.close()
  })

  test('that is closed takes nothing back', () => {
    const file = new ParentSlotFile(fail)
    file.close()
    expect(file.revoke(1)).toBe(false)
    expect(file.state(1)).toBe(SlotState.Sent)
    expect(file.startedAt(1)).toBe(0)
  })
})
