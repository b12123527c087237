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
 *
 * Numbers that are the results of successive elements of a chunk share one frame, which grows. Each number is published
 * by itself and takes 8 bytes. The reader takes what is there, and goes on in the same frame later. The frame has the index
 * of the first element where others have the duration:
 *
 *   … │ ElementRun, index of the first │ 8.0 │ 10.0 │ 12.0 │ END │ next frame │ …
 *                                      └ read ┴ write: more numbers, or END before any other frame
 */
import { areaOf, LITTLE_ENDIAN, type Area } from './area'
import { frameLength, frameSize, readFrame, writeFrame } from './frames'
import { MessageKind, type WorkerMessage } from './messages'
import { PLAIN } from './packed'

const WRITE = 0
const READ = 1
const NOTIFIED = 2
const HEADER_BYTES = 64
const ALIGN = 8
const CAPACITY = 256 * 1024
/** A word of a run of numbers. */
const WORD = Float64Array.BYTES_PER_ELEMENT
/** Both halves of the word that ends a run: a NaN that is never written as a number. */
const END = 0xffffffff
/** Larger frames go through the port, so that a few of them do not fill the ring. */
const LARGEST = CAPACITY / 8

export const RING_BYTES = HEADER_BYTES + CAPACITY

const aligned = (size: number): number => (size + ALIGN - 1) & -ALIGN

class Ring {
  readonly memory: SharedArrayBuffer
  protected readonly header: Int32Array
  protected readonly area: Area
  protected readonly numbers: Float64Array
  protected readonly halves: Uint32Array

  constructor(memory = new SharedArrayBuffer(RING_BYTES)) {
    this.memory = memory
    this.header = new Int32Array(memory, 0, HEADER_BYTES / Int32Array.BYTES_PER_ELEMENT)
    this.area = areaOf(Buffer.from(memory as unknown as ArrayBuffer, HEADER_BYTES, CAPACITY))
    this.numbers = new Float64Array(memory, HEADER_BYTES, CAPACITY / WORD)
    this.halves = new Uint32Array(memory, HEADER_BYTES, CAPACITY / Uint32Array.BYTES_PER_ELEMENT)
  }
}

/** The worker's side. */
export class RingWriter extends Ring {
  #at = 0
  /** The call whose run is open, or 0, and the index of its next element. */
  #run = 0
  #index = 0
  /** How many bytes at `#at` are known to be free. */
  #free = 0

  /** Writes one message. `false`: it has no frame, or does not fit; nothing was written. */
  // eslint-disable-next-line @typescript-eslint/max-params -- an object per outcome would cost time on the hot path
  write(kind: MessageKind, sequence: number, duration: number, flags: number, data: unknown): boolean {
    const size = frameSize(data)
    if (size === 0 || size > LARGEST) return false
    if (this.#run !== 0) this.#endRun()
    const at = this.#place(aligned(size))
    if (at < 0) return false
    const end = writeFrame(this.area, at, kind, sequence, duration, flags, data) // Latin-1 text takes less than `size`
    this.#at = at
    this.#publish(aligned(end - at))
    return true
  }

  /** Writes the result of an element. `false`: it does not fit; nothing was written. */
  writeNumber(sequence: number, index: number, value: number): boolean {
    if (this.#run !== sequence || this.#index !== index) {
      if (!this.write(MessageKind.ElementRun, sequence, index, PLAIN, undefined)) return false
      this.#run = sequence
      this.#index = index
      this.#free = 0
    }
    if (this.#free <= 0 && !this.#findFree()) return false
    this.numbers[this.#at / WORD] = value === value ? value : NaN // there are many NaNs, and END is one of them
    this.#free -= WORD
    this.#index += 1
    this.#publish(WORD)
    return true
  }

  /** Whether the reader has to be woken for the frames written since. */
  mustWake(): boolean {
    return Atomics.exchange(this.header, NOTIFIED, 1) === 0
  }

  #publish(size: number): void {
    this.#at = (this.#at + size) % CAPACITY
    Atomics.store(this.header, WRITE, this.#at)
  }

  /** One word for the end of the run always stays free, and so does one before the read position. */
  #findFree(): boolean {
    const taken = (this.#at - Atomics.load(this.header, READ) + CAPACITY) % CAPACITY
    this.#free = CAPACITY - taken - 2 * WORD
    return this.#free > 0
  }

  #endRun(): void {
    this.#run = 0
    this.halves.fill(END, this.#at / 4, this.#at / 4 + 2)
    this.#publish(WORD)
  }

  /** A position with `size` contiguous free bytes, or -1. The write position never reaches the read position. */
  #place(size: number): number {
    const read = Atomics.load(this.header, READ)
    if (this.#at < read) return size < read - this.#at ? this.#at : -1
    const tail = CAPACITY - this.#at
    if (size < tail || (size === tail && read > 0)) return this.#at
    if (size >= read) return -1
    this.area.view.setUint32(this.#at, 0, LITTLE_ENDIAN) // a frame of length 0: continue at the start
    return 0
  }
}

/** The parent's side. */
export class RingReader extends Ring {
  /** The call whose run is being read, or 0, and the index of the next element in it. */
  #run = 0
  #index = 0

  /** Passes all messages to `receive`, and arms the wake-up. */
  drain(receive: (message: WorkerMessage) => void): void {
    do {
      Atomics.store(this.header, NOTIFIED, 1)
      for (let message = this.#next(); message; message = this.#next()) receive(message)
      Atomics.store(this.header, NOTIFIED, 0)
      // A frame that was written while NOTIFIED was 1 caused no wake-up. If it stayed here, later messages of its call on
      // the port would overtake it. So this goes on until the ring is empty.
    } while (Atomics.load(this.header, READ) !== Atomics.load(this.header, WRITE))
  }

  // `receive` may call `drain` again (a callback that cancels another call), so the position is read each time.
  #next(): WorkerMessage | undefined {
    const write = Atomics.load(this.header, WRITE)
    let at = Atomics.load(this.header, READ)
    if (at === write) return undefined
    if (this.#run !== 0) return this.#readRun(at, write)
    let length = frameLength(this.area, at)
    if (length === 0) {
      at = 0
      length = frameLength(this.area, at)
    }
    const message = readFrame(this.area, at)
    Atomics.store(this.header, READ, (at + aligned(length)) % CAPACITY)
    if (message.kind !== MessageKind.ElementRun) return message
    this.#run = message.sequence
    this.#index = message.duration
    return this.#next()
  }

  /** The numbers that are there now, if there are any; else the message behind the run. */
  #readRun(from: number, write: number): WorkerMessage | undefined {
    const values: number[] = []
    let word = from / WORD
    const last = write / WORD
    while (word !== last && !this.#isEnd(word)) {
      values.push(this.numbers[word] as number)
      word = (word + 1) % (CAPACITY / WORD)
    }
    const [sequence, duration] = [this.#run, this.#index]
    this.#index += values.length
    if (word !== last) {
      this.#run = 0
      word = (word + 1) % (CAPACITY / WORD)
    }
    Atomics.store(this.header, READ, word * WORD)
    if (values.length === 0) return this.#next()
    return { kind: MessageKind.ElementRun, sequence, duration, flags: PLAIN, data: values }
  }

  #isEnd(word: number): boolean {
    return this.halves[2 * word] === END && this.halves[2 * word + 1] === END
  }
}
