import { writeSync } from 'node:fs'
import { Socket, type SocketConstructorOpts } from 'node:net'
import { serialize } from 'node:v8'
import { clearImmediate, setImmediate } from '../utils/clock'
import { guard } from '../utils/failures'
import { FRAME_HEADER, frameSize, writeBytesHeader, writeFrame } from '../wire/frames'
import { MessageReader } from '../wire/message-stream'
import {
  FROM_PARENT,
  MessageKind,
  SLOT_FILE,
  TO_PARENT,
  type ParentMessage,
  type SessionSettings,
} from '../wire/messages'
import { LARGEST_IN_SLOT, WorkerSlotFile } from '../wire/slot-file'
import { BYTES, type Packed } from '../wire/values'
import type { ParentChannel } from './parent-channel'
import { endWithGroup } from './watchdog'

/** Frames up to this are built in a buffer that is there already. */
const SMALL = 16 * 1024
/** Outcomes that go out together at the most, and for how long their bodies may have run, in ms. */
const ROW = 64
const WAIT = 0.25

/**
 * Outcomes are written synchronously to a pipe: once written they are the kernel's, and a killed worker loses none.
 * Small ones of a row of short bodies go out together; until then each is in the slot file (`slot-file.ts`).
 */
export class ProcessParentChannel implements ParentChannel {
  readonly kind = 'process'
  readonly slots = new WorkerSlotFile(SLOT_FILE)
  readonly #buffer = Buffer.allocUnsafe(2 * SMALL)
  readonly #flush = (): void => guard(() => this.#writeOut())
  #receive: ((message: ParentMessage) => void) | undefined
  /** What waits in the buffer. */
  #end = 0
  #waiting = 0
  #ran = 0
  #flushing: NodeJS.Immediate | undefined

  publish(
    kind: MessageKind,
    sequence: number,
    duration: number,
    packed: Packed,
    ordered: boolean,
    more: boolean,
  ): boolean {
    let { data, flags } = packed
    let size = frameSize(data)
    if (size === 0) {
      data = serialize(data)
      flags |= BYTES
      size = FRAME_HEADER + (data as Buffer).byteLength
    }
    if (size > SMALL) {
      this.#writeOut()
      if (kind === MessageKind.Item) this.slots.pause(sequence) // a full pipe waits for the reader
      writeLarge(kind, sequence, duration, flags, data, size)
      if (kind === MessageKind.Item) this.slots.resume(sequence)
      return false
    }
    const from = this.#end
    this.#end = writeFrame(this.#buffer, from, kind, sequence, duration, flags, data)
    this.#waiting += 1
    this.#ran += duration
    const mayWait = more && !ordered && this.#waiting < ROW && this.#ran < WAIT && this.#end <= SMALL
    if (mayWait && this.#keep(sequence, from)) this.#flushing ??= setImmediate(this.#flush)
    else this.#writeOut()
    return false // one pipe, one order
  }

  /** Connects to the parent; `start` gets the settings, the first message, and listens for the rest before it returns. */
  static connect(start: (channel: ProcessParentChannel, settings: SessionSettings) => void): void {
    const link = new ProcessParentChannel()
    // Read into one buffer, past the stream: half the way of a call is reading it.
    const buffer = Buffer.allocUnsafe(64 * 1024)
    const onread = {
      buffer,
      callback: (size: number): boolean => {
        guard(() => reader.push(buffer.subarray(0, size)))
        return true
      },
    }
    const socket = new Socket({ fd: FROM_PARENT, readable: true, writable: false, onread } as SocketConstructorOpts)
    const reader = new MessageReader((message) => {
      if (link.#receive) link.#receive(message as ParentMessage)
      else start(link, message as SessionSettings)
    })
    socket.resume()
    // The parent is gone, however it died: so is the reason to be here.
    socket.on('close', endWithGroup)
    socket.on('error', endWithGroup)
  }

  listen(receive: (message: ParentMessage) => void): void {
    this.#receive = receive
    process.on('exit', this.#flush)
  }

  /** Makes the newest outcome safe in the slot file, where it fits. */
  #keep(sequence: number, from: number): boolean {
    if (this.#end - from > LARGEST_IN_SLOT) return false
    return this.slots.keep(sequence, this.#buffer, from, this.#end)
  }

  #writeOut(): void {
    if (this.#flushing) clearImmediate(this.#flushing)
    this.#flushing = undefined
    if (this.#end === 0) return
    const end = this.#end
    this.#end = 0
    this.#waiting = 0
    this.#ran = 0
    this.slots.forget()
    writeFully(this.#buffer, end)
  }
}

function writeLarge(
  kind: MessageKind,
  sequence: number,
  duration: number,
  flags: number,
  data: unknown,
  size: number,
): void {
  if (data instanceof Uint8Array) {
    const header = Buffer.allocUnsafe(FRAME_HEADER)
    writeBytesHeader(header, kind, sequence, duration, flags, data.byteLength)
    writeFully(header, FRAME_HEADER)
    writeFully(data, data.byteLength)
  } else {
    const frame = Buffer.allocUnsafe(size)
    writeFully(frame, writeFrame(frame, 0, kind, sequence, duration, flags, data))
  }
}

function writeFully(bytes: Uint8Array, length: number): void {
  for (let at = 0; at < length;) {
    try {
      at += writeSync(TO_PARENT, bytes, at, length - at)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') endWithGroup() // the parent is gone
      if (code !== 'EAGAIN') throw error
      Atomics.wait(PAUSE, 0, 0, 1) // a pipe that is full and does not block
    }
  }
}

const PAUSE = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
