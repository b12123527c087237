import fs, { closeSync, existsSync, fstatSync, readdirSync, readlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as clocks from '../../src/utils/clock'
import { areaOf } from '../../src/wire/area'
import { FRAME_HEADER, writeFrame } from '../../src/wire/frames'
import { MessageKind } from '../../src/wire/messages'
import { SLOTS, SlotState } from '../../src/wire/slots'
import { LARGEST_IN_SLOT, ParentSlotFile, WorkerSlotFile } from '../../src/wire/slot-file'
import { monotonic } from '../../src/utils/clock'

const fail = (error: unknown): void => {
  throw error
}

describe('a slot file', () => {
  afterEach(() => jest.restoreAllMocks())

  const ends = (): { parent: ParentSlotFile; worker: WorkerSlotFile } => {
    const parent = new ParentSlotFile(fail)
    return { parent, worker: new WorkerSlotFile(parent.fd) }
  }
  /** The bytes in the middle of a larger buffer, with their position. */
  const placed = (bytes: Uint8Array): [bytes: Uint8Array, from: number, end: number] => [
    Buffer.concat([Buffer.alloc(3, 0xaa), bytes, Buffer.alloc(5, 0xbb)]),
    3,
    3 + bytes.byteLength,
  ]
  const frame = (sequence: number, data: unknown): Uint8Array => {
    const area = areaOf(Buffer.alloc(LARGEST_IN_SLOT))
    return area.bytes.subarray(0, writeFrame(area, 0, MessageKind.Value, sequence, 1.5, 0, data))
  }
  /** Marks a call as revoked, without the wait of `revoke`. */
  const markRevoked = ({ fd }: ParentSlotFile, sequence: number): void => {
    const word = Buffer.alloc(4)
    word.writeUInt32LE(sequence)
    writeSync(fd, word, 0, 4, SLOTS * 128 + (sequence % SLOTS) * 4)
  }

  const onLinux = existsSync('/dev/shm') ? test : test.skip
  const pathOf = ({ fd }: ParentSlotFile): string => readlinkSync(`/proc/self/fd/${fd}`)

  onLinux('is in memory if the system has a folder for that, else in the temporary folder', () => {
    const open = fs.openSync
    const file = new ParentSlotFile(fail)
    expect(pathOf(file)).toMatch(/^\/dev\/shm\/pebble-slots-\d+(?:-\w+){4} \(deleted\)$/)
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

  test('cannot be created if neither folder is writable', () => {
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
  ])('holds an outcome as soon as %s call starts, with its start time', (_, done, next) => {
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

  test('holds an outcome while the next call is loading, too', () => {
    const { parent, worker } = ends()
    worker.start(1)
    worker.keep(1, ...placed(frame(1, 5)))
    worker.markLoading(2)
    expect(parent.outcome(1)).toMatchObject({ data: 5 })
    expect(parent.state(2)).toBe(SlotState.Loading)
    parent.close()
  })

  test('keeps one outcome at a time, and drops it if it was sent another way', () => {
    const { parent, worker } = ends()
    worker.start(SLOTS)
    expect(worker.keep(SLOTS, ...placed(frame(SLOTS, 'first')))).toBe(true)
    expect(worker.keep(SLOTS + 1, ...placed(frame(SLOTS + 1, 'second')))).toBe(false)
    worker.dropKept()
    worker.start(SLOTS + 1)
    expect(parent.state(SLOTS)).toBe(SlotState.Started)
    expect(worker.keep(SLOTS + 1, ...placed(frame(SLOTS + 1, 'second')))).toBe(true)
    worker.start(SLOTS + 2)
    expect(parent.outcome(SLOTS + 1)).toMatchObject({ data: 'second' })
    parent.close()
  })

  test('is written once per start, with or without the outcome of the slot before', () => {
    const { parent, worker } = ends()
    const write = jest.spyOn(fs, 'writeSync')
    worker.start(1)
    expect(write).toHaveBeenCalledTimes(1)
    worker.keep(1, ...placed(frame(1, 'one')))
    worker.start(2)
    expect(write).toHaveBeenCalledTimes(2)
    parent.close()
  })

  test('does not touch the slots next to an outcome of the largest size', () => {
    const { parent, worker } = ends()
    const data = Buffer.alloc(LARGEST_IN_SLOT - FRAME_HEADER, 7)
    for (const sequence of [4, 6, 5]) worker.start(sequence)
    worker.keep(5, ...placed(frame(5, data)))
    worker.start(9)
    expect(parent.outcome(5)).toMatchObject({ data })
    for (const sequence of [4, 6, 9]) expect(parent.state(sequence)).toBe(SlotState.Started)
    parent.close()
  })

  test('does not confuse the start of another call with that of the finished one', () => {
    const { parent, worker } = ends()
    worker.start(1)
    worker.start(2)
    worker.keep(1, ...placed(frame(1, 'one of two at once')))
    worker.start(3)
    expect(parent.outcome(1)).toMatchObject({ data: 'one of two at once' })
    expect(parent.startedAt(1)).not.toBe(parent.startedAt(2))
    parent.close()
  })

  test('counts a call as started if it starts while the parent waits; the worker skips it', () => {
    const { parent, worker } = ends()
    const started: boolean[] = []
    const { hrtime } = clocks
    const waits = jest.spyOn(clocks, 'hrtime').mockImplementationOnce(() => {
      started.push(worker.start(2))
      return hrtime()
    })
    expect(parent.revokeAll([3, 2, 1])).toEqual([3, 1])
    expect(started).toEqual([false])
    expect(waits.mock.calls.length).toBeGreaterThan(1)
    parent.close()
  })

  test('makes the parent wait longer than the worker relies on its last read', () => {
    const { parent } = ends()
    const before = monotonic()
    parent.revoke(1)
    expect(monotonic() - before).toBeGreaterThan(0.25)
    parent.close()
  })

  test('does not wait if all calls have started', () => {
    const { parent, worker } = ends()
    worker.start(1)
    worker.start(2)
    worker.keep(2, ...placed(frame(2, 1)))
    worker.start(3)
    const wait = jest.spyOn(clocks, 'hrtime')
    expect(parent.revokeAll([3, 2, 1])).toEqual([])
    expect(parent.revokeAll([])).toEqual([])
    expect(wait).not.toHaveBeenCalled()
    parent.close()
  })

  test('is read by the worker if its last read is older than 0.25 ms', () => {
    const { parent, worker } = ends()
    let microseconds = 0
    const clock = jest.spyOn(clocks, 'hrtime').mockImplementation((() => [1_000, microseconds * 1_000]) as never)
    expect(worker.start(1)).toBe(true)
    for (const sequence of [2, 3, 4]) markRevoked(parent, sequence)
    microseconds = 250
    expect(worker.start(2)).toBe(true)
    microseconds = 251
    expect(worker.start(3)).toBe(false)
    expect(worker.start(5)).toBe(true)
    clock.mockRestore()
    parent.close()
  })

  test('has no name, and does not exist after close()', () => {
    const named = (): string[] =>
      existsSync('/dev/shm')
        ? readdirSync('/dev/shm').filter((name) => name.startsWith(`pebble-slots-${process.pid}-`))
        : []
    const file = new ParentSlotFile(fail)
    expect(named()).toEqual([])
    file.close()
    file.close() // a second call does nothing
    expect(() => closeSync(file.fd)).toThrow(/EBADF/)
  })

  test('is read again after a revoked call, because the calls behind it were revoked, too', () => {
    const { parent, worker } = ends()
    expect([parent.revoke(1), worker.start(1)]).toEqual([true, false])
    markRevoked(parent, 2)
    expect(worker.start(2)).toBe(false)
    parent.close()
  })

  test('that cannot be read any more revokes nothing, and reports the failure once', () => {
    const failures: unknown[] = []
    const file = new ParentSlotFile((error) => failures.push(error))
    closeSync(file.fd)
    const before = monotonic()
    expect([file.revoke(1), file.revokeAll([1, 2])]).toEqual([false, []])
    expect(file.state(1)).toBe(SlotState.Started) // it may have started, and must not run twice
    expect(file.startedAt(1)).toBeGreaterThanOrEqual(before)
    expect(file.outcome(1)).toBeUndefined()
    expect(failures).toMatchObject([{ code: 'EBADF' }])
  })

  test('that cannot be written any more revokes nothing, and reports the failure once', () => {
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

  test('that is closed revokes nothing', () => {
    const file = new ParentSlotFile(fail)
    file.close()
    expect(file.revoke(1)).toBe(false)
    expect(file.state(1)).toBe(SlotState.Sent)
    expect(file.startedAt(1)).toBe(0)
  })
})

describe('results of elements in a slot file', () => {
  afterEach(() => jest.restoreAllMocks())

  const keep = (worker: WorkerSlotFile, values: string[]): void => {
    const area = areaOf(Buffer.alloc(1024, 0xee))
    let at = 0
    for (const [index, value] of values.entries()) {
      const end = writeFrame(area, at, MessageKind.Element, 7, index, 0, value)
      worker.keepResult(area, at, end)
      at = end
    }
  }

  test('can be read until the file is closed', () => {
    const parent = new ParentSlotFile(fail)
    const worker = new WorkerSlotFile(parent.fd)
    expect(parent.results()).toEqual([])
    keep(worker, ['a', 'b', 'c'])
    expect(parent.results().map(({ sequence, duration, data }) => [sequence, duration, data])).toEqual([
      [7, 0, 'a'],
      [7, 1, 'b'],
      [7, 2, 'c'],
    ])
    expect([parent.outcome(7), parent.state(7)]).toEqual([undefined, SlotState.Sent]) // they are in a place of their own
    keep(worker, ['d'])
    expect(parent.results().map(({ data }) => data)).toEqual(['d'])
    parent.close()
    expect(parent.results()).toEqual([])
  })

  test('cannot be read from a file that fails, which is reported once', () => {
    const failures: unknown[] = []
    const parent = new ParentSlotFile((error) => failures.push(error))
    keep(new WorkerSlotFile(parent.fd), ['a'])
    const broken = new Error('EIO')
    const reading = jest.spyOn(fs, 'readSync').mockImplementation(() => {
      throw broken
    })
    expect([parent.results(), parent.results(), parent.outcome(7)]).toEqual([[], [], undefined])
    expect([failures, reading.mock.calls.length]).toEqual([[broken], 1])
    reading.mockRestore()
    expect(parent.results()).toEqual([])
    parent.close()
  })
})
