/**
 * Slots for processes: Node has no memory that two processes share, but a file without a name comes close. The pages
 * live in the kernel, survive a SIGKILL of the writer, and cost a microsecond a record.
 *
 *   ┌ the worker writes: 128 bytes a slot ──────────────────────────────────────┐┌ the parent writes: 4 bytes a slot ┐
 *   │ u32 sequence │ u32 state │ f64 time │ f64 clock │ outcome, once done │ …  ││ u32 withdrawn sequence │ …        │
 *
 * **Start or withdrawal.** There is no compare-and-swap across processes, so each side writes its own word first and
 * reads the other's after (Dekker). Where both did, both notice: the parent takes the call for started, the worker
 * answers `Skipped`. A call may then be skipped that the parent believes started, never run that the parent took back.
 *
 * **The lease.** The worker reads the parent's words only when its last look is older than LEASE, and it looks at the
 * clock after it has written its mark. The parent waits LEASE between its word and its look. If it sees no mark then,
 * the mark comes later than that, so the look that allows it came after the word.
 *
 * **Outcomes.** A small outcome is written with the mark of the next start, in one system call: it is out of the
 * worker's hands before the next body runs, though the pipe gets it only with others.
 */
import { closeSync, readSync, writeSync } from 'node:fs'
import { readFrame } from './frames'
import { SLOTS, type WorkerMessage } from './messages'
import { monotonic, SlotState, workClock, type ParentSlots, type WorkerSlots } from './slots'
import { openUnnamed } from './unnamed-file'

const RECORD = 128
const HEADER = 24
const WORD = 4
const TIME = 2 * WORD
const CLOCK = 4 * WORD
const WITHDRAWN_AT = SLOTS * RECORD
const SIZE = WITHDRAWN_AT + SLOTS * WORD
/** ms that the worker may rely on its last look at what the parent took back. */
const LEASE = 0.25

/** Frames up to this, in bytes, fit into a record. */
export const LARGEST_IN_SLOT = RECORD - HEADER

/** The parent's end. `fd` is handed to the child. */
export class ParentSlotFile implements ParentSlots {
  readonly fd: number
  readonly #record = Buffer.alloc(RECORD)
  readonly #word = Buffer.alloc(WORD)
  readonly #onFailure: (error: unknown) => void
  #open = true
  /** When the file failed: what the worker has started cannot be told since. */
  #failedAt: number | undefined

  /** @param onFailure the file can be read or written no more: the worker has to end */
  constructor(onFailure: (error: unknown) => void) {
    this.fd = openUnnamed(SIZE)
    this.#onFailure = onFailure
  }

  open(): void {
    // the record of an earlier sequence in the same slot reads as "not this one"
  }

  state(sequence: number): SlotState {
    if (this.#read(sequence)) return this.#record.readUInt32LE(WORD)
    return this.#failedAt === undefined ? SlotState.Sent : SlotState.Started // it may have, and must not run twice
  }

  startedAt(sequence: number): number {
    return this.#read(sequence) ? this.#record.readDoubleLE(TIME) : (this.#failedAt ?? 0)
  }

  worked(sequence: number, now: number): number {
    return this.#read(sequence) ? workClock.worked(this.#record.readDoubleLE(CLOCK), now) : 0
  }

  isPaused(sequence: number): boolean {
    return this.#read(sequence) && this.#record.readDoubleLE(CLOCK) < 0
  }

  revoke(sequence: number): boolean {
    return this.revokeAll([sequence]).length === 1
  }

  revokeAll(sequences: readonly number[]): number[] {
    if (!this.#open) return []
    const open = sequences.filter((sequence) => !isClaimed(this.state(sequence)))
    for (const sequence of open) this.#sayWithdrawn(sequence)
    if (open.length > 0) pause(LEASE)
    return open.filter((sequence) => !isClaimed(this.state(sequence)))
  }

  /** The outcome of a call that is done, where it was small: the pipe may not have brought it yet. */
  outcome(sequence: number): WorkerMessage | undefined {
    if (this.state(sequence) !== SlotState.Done) return undefined
    return readFrame(this.#record, HEADER)
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    closeSync(this.fd)
  }

  #read(sequence: number): boolean {
    if (!this.#open) return false
    if (this.#failedAt !== undefined) return false
    try {
      const size = readSync(this.fd, this.#record, 0, RECORD, (sequence % SLOTS) * RECORD)
      return size >= HEADER && this.#record.readUInt32LE(0) === sequence
    } catch (error) {
      this.#fail(error)
      return false
    }
  }

  #sayWithdrawn(sequence: number): void {
    this.#word.writeUInt32LE(sequence, 0)
    try {
      writeSync(this.fd, this.#word, 0, WORD, WITHDRAWN_AT + (sequence % SLOTS) * WORD)
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (this.#failedAt !== undefined) return
    this.#failedAt = monotonic()
    this.#onFailure(error)
  }
}

/** The child's end, over the inherited descriptor. */
export class WorkerSlotFile implements WorkerSlots {
  readonly #fd: number
  /** Two neighbours: what was done, and what starts. */
  readonly #records = Buffer.alloc(2 * RECORD)
  readonly #words = new Uint32Array(SLOTS)
  /** Those of the bodies that started last, as they are in the file. */
  readonly #clocks = new Float64Array(SLOTS)
  readonly #clock = Buffer.alloc(Float64Array.BYTES_PER_ELEMENT)
  #looked = -Infinity
  #lastMark = 0
  /** The sequence whose outcome is in the first record and not in the file. */
  #done = 0

  constructor(fd: number) {
    this.#fd = fd
  }

  markLoading(sequence: number): void {
    this.#mark(sequence, SlotState.Loading)
  }

  get lastStart(): number {
    return this.#lastMark
  }

  start(sequence: number): boolean {
    this.#mark(sequence, SlotState.Started)
    const now = monotonic()
    if (now - this.#looked > LEASE) {
      readSync(this.#fd, this.#words, 0, this.#words.byteLength, WITHDRAWN_AT)
      this.#looked = now
    }
    if (this.#words[sequence % SLOTS] !== sequence) return true
    this.#looked = -Infinity // those behind it were taken back before it: a look that came in between did not see all
    return false
  }

  pause(sequence: number): void {
    this.#setClock(sequence, workClock.paused(this.#clocks[sequence % SLOTS] as number, monotonic()))
  }

  resume(sequence: number): void {
    this.#setClock(sequence, workClock.resumed(this.#clocks[sequence % SLOTS] as number, monotonic()))
  }

  /**
   * Keeps an outcome, to be written with the next mark. `false`: another one is kept, which has to go out first.
   *
   * @param bytes the frame is what is in there from `from` to `end`: at most {@link LARGEST_IN_SLOT} bytes
   */
  keep(sequence: number, bytes: Uint8Array, from: number, end: number): boolean {
    if (this.#done !== 0) return false
    this.#done = sequence
    const first = this.#records
    first.writeUInt32LE(sequence, 0)
    first.writeUInt32LE(SlotState.Done, WORD)
    if (first.readUInt32LE(RECORD) === sequence) first.writeDoubleLE(first.readDoubleLE(RECORD + TIME), TIME) // when it started
    for (let index = from; index < end; index++) first[HEADER + index - from] = bytes[index] as number // few: `set` takes longer
    return true
  }

  /** The kept outcome has gone out another way. */
  forget(): void {
    this.#done = 0
  }

  #setClock(sequence: number, clock: number): void {
    const slot = sequence % SLOTS
    this.#clocks[slot] = clock
    this.#clock.writeDoubleLE(clock, 0)
    writeSync(this.#fd, this.#clock, 0, this.#clock.byteLength, slot * RECORD + CLOCK)
  }

  #mark(sequence: number, state: SlotState): void {
    const records = this.#records
    const slot = sequence % SLOTS
    records.writeUInt32LE(sequence, RECORD)
    records.writeUInt32LE(state, RECORD + WORD)
    const time = monotonic()
    records.writeDoubleLE(time, RECORD + TIME)
    records.writeDoubleLE(time, RECORD + CLOCK)
    this.#clocks[slot] = this.#lastMark = time
    if (this.#done === 0) {
      writeSync(this.#fd, records, RECORD, HEADER, slot * RECORD)
      return
    }
    const doneSlot = this.#done % SLOTS
    this.#done = 0
    if (doneSlot + 1 === slot) {
      writeSync(this.#fd, records, 0, RECORD + HEADER, doneSlot * RECORD)
      return
    }
    writeSync(this.#fd, records, 0, RECORD, doneSlot * RECORD)
    writeSync(this.#fd, records, RECORD, HEADER, slot * RECORD)
  }
}

const isClaimed = (state: SlotState): boolean => state === SlotState.Started || state === SlotState.Done

const PAUSE = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/** Blocks for a moment: longer than `ms`, whatever the timer's grain. */
function pause(ms: number): void {
  for (const until = monotonic() + ms; monotonic() <= until;) Atomics.wait(PAUSE, 0, 0, ms)
}
