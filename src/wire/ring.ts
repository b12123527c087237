/**
 * A ring of frames in shared memory: how a worker thread publishes small outcomes.
 *
 * What is in the ring is out of the worker's hands: terminating the thread loses nothing of it, and the parent pays
 * nothing while it is behind. It is woken (a message on the port) only when it had caught up:
 *
 *   writer   write frame; notified 0 → 1 ? post the wake : nothing
 *   reader   on wake: read until empty; notified = 0; anything new ? notified = 1, read on : sleep
 */
import { frameLength, frameSize, readFrame, writeFrame } from './frames'
import type { MessageKind, WorkerMessage } from './messages'

const WRITE = 0
const READ = 1
const NOTIFIED = 2
const HEADER_BYTES = 64
const ALIGN = 8
const CAPACITY = 256 * 1024
/** Frames above this go through the port: one of them must not fill the ring. */
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

/** The worker's end. */
export class RingWriter extends Ring {
  #at = 0

  /** Publishes one message. `false`: it does not fit, or is no frame; nothing was written. */
  write(kind: MessageKind, sequence: number, duration: number, flags: number, data: unknown): boolean {
    const size = frameSize(data)
    if (size === 0 || size > LARGEST) return false
    const at = this.#place(aligned(size))
    if (at < 0) return false
    const end = writeFrame(this.bytes, at, kind, sequence, duration, flags, data) // less than `size`, for Latin-1
    this.#at = (at + aligned(end - at)) % CAPACITY
    Atomics.store(this.header, WRITE, this.#at)
    return true
  }

  /** Whether the reader has to be woken for what was written. */
  mustWake(): boolean {
    return Atomics.exchange(this.header, NOTIFIED, 1) === 0
  }

  /** Where `size` bytes are free in one piece, or -1. The write position never catches up with the read position. */
  #place(size: number): number {
    const read = Atomics.load(this.header, READ)
    if (this.#at < read) return size < read - this.#at ? this.#at : -1
    const tail = CAPACITY - this.#at
    if (size < tail || (size === tail && read > 0)) return this.#at
    if (size >= read) return -1
    this.bytes.writeUInt32LE(0, this.#at) // a frame of no length: go on at the start
    return 0
  }
}

/** The parent's end. */
export class RingReader extends Ring {
  /** Hands every message to `receive` until there is none, and arms the wake-up. */
  drain(receive: (message: WorkerMessage) => void): void {
    do {
      Atomics.store(this.header, NOTIFIED, 1)
      for (let message = this.#next(); message; message = this.#next()) receive(message)
      Atomics.store(this.header, NOTIFIED, 0)
      // Whatever is there now has to be read now, though a wake for the last of it may be on its way: the first of it was
      // written before, without one, and what the port brings of its call must not overtake it.
    } while (Atomics.load(this.header, READ) !== Atomics.load(this.header, WRITE))
  }

  // `receive` may come back here (a callback that cancels another call): the position is read anew each time.
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
