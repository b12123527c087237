/**
 * A ring of frames in shared memory, through which a worker thread sends small outcomes.
 *
 * A frame in the ring has left the worker: terminating the thread does not lose it. The writer wakes the reader, by a
 * message on the port, only if the reader had read everything:
 *
 *   writer   writes a frame; notified was 0 ? sets it to 1 and posts the wake-up : nothing
 *   reader   on a wake-up: notified = 1; reads all frames; notified = 0; a new frame ? starts over : returns
 *
 *   ┌ header ────────────────────────┐┌ CAPACITY bytes ──────────────────────────────────────┐
 *   │ write │ read │ notified │ …    ││ … free │ frame │ frame │ frame │ free … │ 0: go to 0  │
 *   └────────────────────────────────┘└────────┴ read ─────────────────┴ write ────────────────┘
 */
import { frameLength, frameSize, readFrame, writeFrame } from './frames'
import type { MessageKind, WorkerMessage } from './messages'

const WRITE = 0
const READ = 1
const NOTIFIED = 2
const HEADER_BYTES = 64
const ALIGN = 8
const CAPACITY = 256 * 1024
/** Larger frames go through the port, so that a few of them do not fill the ring. */
const LARGEST = CAPACITY / 8

export const RING_BYTES = HEADER_BYTES + CAPACITY

const aligned = (size: number): number => (size + ALIGN - 1) & -ALIGN

class Ring {
  readonly memory: SharedArrayBuffer
  protected readonly header: Int32Array
  protected readonly bytes: Buffer

  constructor(memory = new SharedArrayBuffer(RING_BYTES)) {
    this.memory = memory
    this.header = new Int32Array(memory, 0, HEADER_BYTES / Int32Array.BYTES_PER_ELEMENT)
    this.bytes = Buffer.from(memory as unknown as ArrayBuffer, HEADER_BYTES, CAPACITY)
  }
}

/** The worker's side. */
export class RingWriter extends Ring {
  #at = 0

  /** Writes one message. `false`: it has no frame, or does not fit; nothing was written. */
  // eslint-disable-next-line @typescript-eslint/max-params -- an object per outcome would cost time on the hot path
  write(kind: MessageKind, sequence: number, duration: number, flags: number, data: unknown): boolean {
    const size = frameSize(data)
    if (size === 0 || size > LARGEST) return false
    const at = this.#place(aligned(size))
    if (at < 0) return false
    const end = writeFrame(this.bytes, at, kind, sequence, duration, flags, data) // Latin-1 text takes less than `size`
    this.#at = (at + aligned(end - at)) % CAPACITY
    Atomics.store(this.header, WRITE, this.#at)
    return true
  }

  /** Whether the reader has to be woken for the frames written since. */
  mustWake(): boolean {
    return Atomics.exchange(this.header, NOTIFIED, 1) === 0
  }

  /** A position with `size` contiguous free bytes, or -1. The write position never reaches the read position. */
  #place(size: number): number {
    const read = Atomics.load(this.header, READ)
    if (this.#at < read) return size < read - this.#at ? this.#at : -1
    const tail = CAPACITY - this.#at
    if (size < tail || (size === tail && read > 0)) return this.#at
    if (size >= read) return -1
    this.bytes.writeUInt32LE(0, this.#at) // a frame of length 0: continue at the start
    return 0
  }
}

/** The parent's side. */
export class RingReader extends Ring {
  /** Passes all messages to `receive`, and arms the wake-up. */
  drain(receive: (message: WorkerMessage) => void): void {
    do {
      Atomics.store(this.header, NOTIFIED, 1)
      for (let message = this.#next(); message; message = this.#next()) receive(message)
      Atomics.store(this.header, NOTIFIED, 0)
      // Frames that are there now must be read now, even if a wake-up for the last of them is coming. The first may
      // have been written without one, and later messages of its call, through the port, must not overtake it.
    } while (Atomics.load(this.header, READ) !== Atomics.load(this.header, WRITE))
  }

  // `receive` may call `drain` again (a callback that cancels another call), so the position is read each time.
  #next(): WorkerMessage | undefined {
    const write = Atomics.load(this.header, WRITE)
    let at = Atomics.load(this.header, READ)
    if (at === write) return undefined
    let length = frameLength(this.bytes, at)
    if (length === 0) {
      at = 0
      length = frameLength(this.bytes, at)
    }
    const message = readFrame(this.bytes, at)
    Atomics.store(this.header, READ, (at + aligned(length)) % CAPACITY)
    return message
  }
}
