/**
 * The slots of a process. Node.js has no memory that two processes share, but a file without a name comes close: its
 * pages are in the kernel and survive a SIGKILL of the writer, and writing a slot takes a microsecond.
 *
 *   ┌ worker writes: 128 bytes per slot ───────────────────────────────────────┐┌ parent writes: 4 per slot ────┐
 *   │ u32 sequence │ u32 state │ f64 time │ f64 clock │ outcome, if Done │ …   ││ u32 revoked sequence │ …      │
 *
 * **Claim or revocation.** There is no compare-and-swap across processes. So each side first writes its own word and
 * then reads the other's (Dekker's protocol):
 *
 *   worker   writes the start mark     reads the revoked sequence: its own ? answers Revoked : runs the body
 *   parent   writes the revocation     reads the slot: a start mark ? the call has started : the call is revoked
 *
 * If both wrote, both notice: the parent takes the call as started, and the worker answers Revoked. So the worker may
 * skip a call that the parent takes as started, but it never runs a call that the parent revoked.
 *
 * **The lease.** Reading the revocations for each call would cost the worker a system call. Its last read is valid for
 * LEASE; it checks the age after it has written the start mark. The parent waits LEASE between its write and its read:
 *
 *   parent   write revocation ├──────── LEASE ────────┤ read the slot
 *   worker            a start mark in here is seen by the parent; a later one finds the last read too old and reads
 *
 * **Outcomes.** A small outcome is written together with the next start mark, in one system call. So it has left the
 * worker before the next body runs, although the pipe gets it later, together with others. Results of elements have a
 * place of their own behind the parent's words (`kept-results.ts`).
 */
import { closeSync, readSync, writeSync } from 'node:fs'
import { areaOf, LITTLE_ENDIAN, type Area } from './area'
import { readFrame } from './frames'
import { readKeptResults, RESULTS_BYTES } from './kept-results'
import type { WorkerMessage } from './messages'
import { SLOTS, SlotState, workClock, type ParentSlots, type WorkerSlots } from './slots'
import { monotonic } from '../utils/clock'
import { openUnnamed } from './unnamed-file'

const SLOT_BYTES = 128
const HEADER = 24
const WORD = 4
const TIME = 2 * WORD
const CLOCK = 4 * WORD
const REVOKED_AT = SLOTS * SLOT_BYTES
const RESULTS_AT = REVOKED_AT + SLOTS * WORD
const SIZE = RESULTS_AT + RESULTS_BYTES
/** How long the worker may rely on its last read of the revocations, in ms. */
const LEASE = 0.25

/** The largest frame that fits into a slot, in bytes. */
export const LARGEST_IN_SLOT = SLOT_BYTES - HEADER

/** The parent's side. The child inherits `fd`. */
export class ParentSlotFile implements ParentSlots {
  readonly fd: number
  /** The slot that was read last. */
  readonly #slot = areaOf(Buffer.alloc(SLOT_BYTES))
  readonly #word = Buffer.alloc(WORD)
  readonly #onFailure: (error: unknown) => void
  #open = true
  /** When the file failed. From then on, the parent cannot tell which calls have started. */
  #failedAt: number | undefined

  /** @param onFailure called once when the file can no longer be read or written: the worker has to end */
  constructor(onFailure: (error: unknown) => void) {
    this.fd = openUnnamed(SIZE)
    this.#onFailure = onFailure
  }

  open(): void {
    // nothing to write: the slot has the sequence of an earlier call
  }

  state(sequence: number): SlotState {
    if (this.#read(sequence)) return this.#slot.view.getUint32(WORD, LITTLE_ENDIAN)
    return this.#failedAt === undefined ? SlotState.Sent : SlotState.Started // may have started: must not run twice
  }

  startedAt(sequence: number): number {
    return this.#read(sequence) ? this.#slot.view.getFloat64(TIME, LITTLE_ENDIAN) : (this.#failedAt ?? 0)
  }

  worked(sequence: number, now: number): number {
    return this.#read(sequence) ? workClock.worked(this.#slot.view.getFloat64(CLOCK, LITTLE_ENDIAN), now) : 0
  }

  isPaused(sequence: number): boolean {
    return this.#read(sequence) && this.#slot.view.getFloat64(CLOCK, LITTLE_ENDIAN) < 0
  }

  revoke(sequence: number): boolean {
    return this.revokeAll([sequence]).length === 1
  }

  revokeAll(sequences: readonly number[]): number[] {
    if (!this.#open) return []
    const unclaimed = sequences.filter((sequence) => !isClaimed(this.state(sequence)))
    for (const sequence of unclaimed) this.#writeRevoked(sequence)
    if (unclaimed.length > 0) spin(LEASE)
    return unclaimed.filter((sequence) => !isClaimed(this.state(sequence)))
  }

  /** The outcome of a call that is Done, if it was small. It may not have arrived through the pipe yet. */
  outcome(sequence: number): WorkerMessage | undefined {
    if (this.state(sequence) !== SlotState.Done) return undefined
    return readFrame(this.#slot, HEADER)
  }

  /** Results of elements that may not have arrived through the pipe yet. */
  results(): WorkerMessage[] {
    if (!this.#open || this.#failedAt !== undefined) return []
    try {
      return readKeptResults(this.fd, RESULTS_AT)
    } catch (error) {
      this.#fail(error)
      return []
    }
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    closeSync(this.fd)
  }

  #read(sequence: number): boolean {
    if (!this.#open || this.#failedAt !== undefined) return false
    try {
      const size = readSync(this.fd, this.#slot.bytes, 0, SLOT_BYTES, (sequence % SLOTS) * SLOT_BYTES)
      return size >= HEADER && this.#slot.view.getUint32(0, LITTLE_ENDIAN) === sequence
    } catch (error) {
      this.#fail(error)
      return false
    }
  }

  #writeRevoked(sequence: number): void {
    this.#word.writeUInt32LE(sequence, 0)
    try {
      writeSync(this.fd, this.#word, 0, WORD, REVOKED_AT + (sequence % SLOTS) * WORD)
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

/** The worker's side, over the inherited descriptor. */
export class WorkerSlotFile implements WorkerSlots {
  readonly #fd: number
  /** Two slots: of the call that is done, and of the call that starts. They are often neighbours in the file, too. */
  readonly #slots = areaOf(Buffer.alloc(2 * SLOT_BYTES))
  /** The revoked sequence of each slot, as last read. */
  readonly #revoked = new Uint32Array(SLOTS)
  /** The work clock of each slot, as it is in the file. */
  readonly #clocks = new Float64Array(SLOTS)
  readonly #clock = Buffer.alloc(Float64Array.BYTES_PER_ELEMENT)
  #revokedReadAt = -Infinity
  #lastMark = 0
  /** The sequence of the call whose outcome is in the first slot of the buffer and not yet in the file, or 0. */
  #unwritten = 0

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
    if (now - this.#revokedReadAt > LEASE) {
      readSync(this.#fd, this.#revoked, 0, this.#revoked.byteLength, REVOKED_AT)
      this.#revokedReadAt = now
    }
    if (this.#revoked[sequence % SLOTS] !== sequence) return true
    this.#revokedReadAt = -Infinity // read again for the next call: this read may have missed revocations of calls behind this one
    return false
  }

  pause(sequence: number): void {
    this.#setClock(sequence, workClock.paused(this.#clocks[sequence % SLOTS] as number, monotonic()))
  }

  resume(sequence: number): void {
    this.#setClock(sequence, workClock.resumed(this.#clocks[sequence % SLOTS] as number, monotonic()))
  }

  /**
   * Keeps an outcome until it is written together with the next mark. `false`: another one is kept, and has to be sent
   * first.
   *
   * @param bytes contains the frame from `from` to `end`: at most {@link LARGEST_IN_SLOT} bytes
   */
  keep(sequence: number, bytes: Uint8Array, from: number, end: number): boolean {
    if (this.#unwritten !== 0) return false
    this.#unwritten = sequence
    const { bytes: first, view } = this.#slots
    view.setUint32(0, sequence, LITTLE_ENDIAN)
    view.setUint32(WORD, SlotState.Done, LITTLE_ENDIAN)
    if (view.getUint32(SLOT_BYTES, LITTLE_ENDIAN) === sequence)
      view.setFloat64(TIME, view.getFloat64(SLOT_BYTES + TIME, LITTLE_ENDIAN), LITTLE_ENDIAN) // when its body started
    // `set` is slower for so few bytes
    for (let index = from; index < end; index++) first[HEADER + index - from] = bytes[index] as number
    return true
  }

  /** Drops the kept outcome: it was sent through the pipe. */
  dropKept(): void {
    this.#unwritten = 0
  }

  /**
   * Keeps the result of an element.
   *
   * @param area contains its frame from `from` to `end`, and room for a word behind it: at most RESULTS_BYTES in all
   */
  keepResult({ bytes, view }: Area, from: number, end: number): void {
    view.setUint32(end, 0, LITTLE_ENDIAN)
    writeSync(this.#fd, bytes, from, end - from + WORD, RESULTS_AT + from)
  }

  #setClock(sequence: number, clock: number): void {
    const slot = sequence % SLOTS
    this.#clocks[slot] = clock
    this.#clock.writeDoubleLE(clock, 0)
    writeSync(this.#fd, this.#clock, 0, this.#clock.byteLength, slot * SLOT_BYTES + CLOCK)
  }

  #mark(sequence: number, state: SlotState): void {
    const { bytes: slots, view } = this.#slots
    const slot = sequence % SLOTS
    view.setUint32(SLOT_BYTES, sequence, LITTLE_ENDIAN)
    view.setUint32(SLOT_BYTES + WORD, state, LITTLE_ENDIAN)
    const time = monotonic()
    view.setFloat64(SLOT_BYTES + TIME, time, LITTLE_ENDIAN)
    view.setFloat64(SLOT_BYTES + CLOCK, time, LITTLE_ENDIAN)
    this.#clocks[slot] = this.#lastMark = time
    if (this.#unwritten === 0) {
      writeSync(this.#fd, slots, SLOT_BYTES, HEADER, slot * SLOT_BYTES)
      return
    }
    const doneSlot = this.#unwritten % SLOTS
    this.#unwritten = 0
    if (doneSlot + 1 === slot) {
      writeSync(this.#fd, slots, 0, SLOT_BYTES + HEADER, doneSlot * SLOT_BYTES)
      return
    }
    writeSync(this.#fd, slots, 0, SLOT_BYTES, doneSlot * SLOT_BYTES)
    writeSync(this.#fd, slots, SLOT_BYTES, HEADER, slot * SLOT_BYTES)
  }
}

const isClaimed = (state: SlotState): boolean => state === SlotState.Started || state === SlotState.Done

/** Spins for `ms`: it is less than a sleep takes to end on a busy machine, and the calls that are revoked wait for it. */
function spin(ms: number): void {
  for (const until = monotonic() + ms; monotonic() <= until;);
}
