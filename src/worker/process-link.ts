import { writeSync } from 'node:fs'
import { Socket, type SocketConstructorOpts } from 'node:net'
import { serialize } from 'node:v8'
import { FRAME_HEADER, frameSize, writeBytesHeader, writeFrame } from '../wire/frames'
import { MessageReader } from '../wire/message-stream'
import type { Kind, ParentMessage, SessionSettings } from '../wire/messages'
import { WorkerSlotFile } from '../wire/slot-file'
import type { WorkerSlots } from '../wire/slots'
import { BYTES, type Packed } from '../wire/values'
import type { Link } from './link'
import { endWithGroup } from './watchdog'

/** The descriptors that the parent opened for the child. */
const FROM_PARENT = 3
const TO_PARENT = 4
const SLOT_FILE = 5

/** Frames up to this are built in a buffer that is there already. */
const SMALL = 16 * 1024

/**
 * Outcomes are written synchronously to a pipe: once written they are the kernel's, and a killed worker loses none.
 * While the parent is behind, the pipe gathers them, and the parent reads many at once.
 */
export class ProcessLink implements Link {
  readonly kind = 'process'
  readonly slots: WorkerSlots = new WorkerSlotFile(SLOT_FILE)
  readonly #small = Buffer.allocUnsafe(SMALL)
  #receive: ((message: ParentMessage) => void) | undefined

  publish(kind: Kind, sequence: number, duration: number, packed: Packed): boolean {
    let { data, flags } = packed
    let size = frameSize(data)
    if (size === 0) {
      data = serialize(data)
      flags |= BYTES
      size = FRAME_HEADER + (data as Buffer).byteLength
    }
    if (size <= SMALL) {
      const end = writeFrame(this.#small, 0, kind, sequence, duration, flags, data)
      writeFully(this.#small, end)
    } else if (data instanceof Uint8Array) {
      writeBytesHeader(this.#small, kind, sequence, duration, flags, data.byteLength)
      writeFully(this.#small, FRAME_HEADER)
      writeFully(data, data.byteLength)
    } else {
      const frame = Buffer.allocUnsafe(size)
      writeFully(frame, writeFrame(frame, 0, kind, sequence, duration, flags, data))
    }
    return false // one pipe, one order
  }

  /** Connects to the parent; `start` gets the settings, the first message, and listens for the rest before it returns. */
  static connect(start: (link: ProcessLink, settings: SessionSettings) => void): void {
    const link = new ProcessLink()
    // Read into one buffer, past the stream: half the way of a call is reading it.
    const buffer = Buffer.allocUnsafe(64 * 1024)
    const onread = {
      buffer,
      callback: (size: number): boolean => {
        reader.push(buffer.subarray(0, size))
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
