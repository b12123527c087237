/**
 * Slots for processes: Node has no memory that two processes share, but a file without a name comes close. The pages
 * live in the kernel, survive a SIGKILL of the writer, and cost a microsecond a record.
 *
 *   ┌ worker writes: 16 bytes a slot ┐┌ parent writes: 4 bytes a slot ┐
 *   │ u32 sequence │ u32 state │ f64 time │ … │ u32 withdrawn sequence │ … │
 *
 * There is no compare-and-swap across processes, so each side writes its own word first and reads the other's after
 * (Dekker). Where both did, both notice: the parent takes the call for started, the worker answers `Skipped`. A call
 * may then be skipped that the parent believes started, never run that the parent took back.
 */
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SLOTS } from './messages'
import { monotonic, SlotState, type ParentSlots, type WorkerSlots } from './slots'

const RECORD = 16
const WITHDRAWN_AT = SLOTS * RECORD
const WORD = 4

/** The parent's end. `fd` is handed to the child. */
export class ParentSlotFile implements ParentSlots {
  readonly fd: number
  readonly #record = Buffer.alloc(RECORD)
  readonly #word = Buffer.alloc(WORD)
  #open = true

  constructor() {
    this.fd = openUnnamed()
  }

  open(): void {
    // the record of an earlier sequence in the same slot reads as "not this one"
  }

  state(sequence: number): SlotState {
    if (!this.#read(sequence)) return SlotState.Sent
    return this.#record.readUInt32LE(WORD)
  }

  startedAt(sequence: number): number {
    return this.#read(sequence) ? this.#record.readDoubleLE(2 * WORD) : 0
  }

  withdraw(sequence: number): boolean {
    if (!this.#open) return false
    this.#word.writeUInt32LE(sequence, 0)
    writeSync(this.fd, this.#word, 0, WORD, WITHDRAWN_AT + (sequence % SLOTS) * WORD)
    return this.state(sequence) !== SlotState.Started
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    closeSync(this.fd)
  }

  #read(sequence: number): boolean {
    if (!this.#open) return false
    const size = readSync(this.fd, this.#record, 0, RECORD, (sequence % SLOTS) * RECORD)
    return size === RECORD && this.#record.readUInt32LE(0) === sequence
  }
}

/** The child's end, over the inherited descriptor. */
export class WorkerSlotFile implements WorkerSlots {
  readonly #fd: number
  readonly #record = Buffer.alloc(RECORD)
  readonly #word = Buffer.alloc(WORD)

  constructor(fd: number) {
    this.#fd = fd
  }

  loading(sequence: number): void {
    this.#write(sequence, SlotState.Loading)
  }

  start(sequence: number): boolean {
    this.#write(sequence, SlotState.Started)
    const size = readSync(this.#fd, this.#word, 0, WORD, WITHDRAWN_AT + (sequence % SLOTS) * WORD)
    return size < WORD || this.#word.readUInt32LE(0) !== sequence
  }

  #write(sequence: number, state: SlotState): void {
    this.#record.writeUInt32LE(sequence, 0)
    this.#record.writeUInt32LE(state, WORD)
    this.#record.writeDoubleLE(monotonic(), 2 * WORD)
    writeSync(this.#fd, this.#record, 0, RECORD, (sequence % SLOTS) * RECORD)
  }
}

/** Opens a file and takes its name away at once: nothing is left behind, however the program ends. */
function openUnnamed(): number {
  const name = `pebble-slots-${process.pid}-${randomBytes(6).toString('hex')}`
  for (const folder of ['/dev/shm', tmpdir()]) {
    const path = join(folder, name)
    try {
      const fd = openSync(path, 'wx+', 0o600)
      unlinkSync(path)
      return fd
    } catch (error) {
      if (folder === tmpdir()) throw error // memory-backed folders are a nicety of Linux, the last one is not
    }
  }
  throw new Error('unreachable')
}
