import type { SocketConstructorOpts } from 'node:net'
import { clearImmediate, monotonic, setImmediate } from '../utils/clock'
import { guard, reportFailure } from '../utils/failures'
import { net } from '../utils/lazy'
import { areaOf } from '../wire/area'
import { toBytes } from '../wire/encoding/bytes'
import { FrameStream } from '../wire/frame-stream'
import { frameSize, largeFrame, writeFrame } from '../wire/frames'
import { RESULTS_BYTES } from '../wire/kept-results'
import { readMessage } from '../wire/message-stream'
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
import { writeFully } from './direct-output'
import type { ParentChannel } from './parent-channel'
import { endWithGroup } from './watchdog'

/** Frames up to this size, in bytes, are built in a reused buffer. */
const SMALL = 16 * 1024
/** How many outcomes go out together at most. */
const MAX_OUTCOMES = 64
/** How long the bodies of outcomes that go out together may have run, in ms. */
const MAX_RUNNING = 0.25
/** How long results of elements are kept, in ms: the next one after that goes to the pipe, together with the kept ones. */
const RESULTS_EVERY = 1

/**
 * Writes outcomes synchronously to a pipe. Once written, they are in the kernel, and a killed worker loses none. Small
 * outcomes of short bodies go out together. Until then, each is kept in the slot file (`slot-file.ts`). So are results of
 * elements (`kept-results.ts`).
 */
export class ProcessParentChannel implements ParentChannel {
  readonly kind = 'process'
  readonly slots = new WorkerSlotFile(SLOT_FILE)
  readonly #buffer = areaOf(Buffer.allocUnsafe(2 * SMALL))
  readonly #flush = (): void => guard(() => this.#writeOut())
  #receive: ((message: ParentMessage) => void) | undefined
  /** Where the frames in the buffer end. */
  #end = 0
  /** How many outcomes are in the buffer. */
  #waiting = 0
  /** How long their bodies ran, in ms. */
  #ran = 0
  #flushing: NodeJS.Immediate | undefined
  /** When the buffer was last written to the pipe. */
  #writtenAt = 0
  /** Up to where the buffer holds results of elements that are kept in the slot file, and nothing else. */
  #keptEnd = 0
  /** The call whose element was published last. The first result of a call goes to the pipe, so that the parent expects more. */
  #chunk = 0

  // eslint-disable-next-line @typescript-eslint/max-params -- an object per outcome would cost time on the hot path
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
      if ((flags & BYTES) === 0) data = toBytes(data, [], false)
      flags |= BYTES
      size = frameSize(data)
    }
    if (size === 0 || size > SMALL) {
      this.#writeOut()
      if (kind === MessageKind.Item) this.slots.pause(sequence) // the write may wait for the reader of a full pipe
      for (const piece of largeFrame({ kind, sequence, duration, flags, data })) send(piece, piece.byteLength)
      if (kind === MessageKind.Item) this.slots.resume(sequence)
      return false
    }
    const from = this.#end
    this.#end = writeFrame(this.#buffer, from, kind, sequence, duration, flags, data)
    if (kind === MessageKind.Element && this.#keepResult(sequence, from)) {
      this.#flushing ??= setImmediate(this.#flush)
      return false
    }
    this.#waiting += 1
    this.#ran += duration
    const mayWait = more && !ordered && this.#waiting < MAX_OUTCOMES && this.#ran < MAX_RUNNING && this.#end <= SMALL
    if (mayWait && this.#keep(sequence, from)) this.#flushing ??= setImmediate(this.#flush)
    else this.#writeOut()
    return false // there is one pipe: all messages are in order
  }

  /** Connects to the parent. `start` gets the first message, the settings, and calls `listen` before it returns. */
  static connect(start: (channel: ProcessParentChannel, settings: SessionSettings) => void): void {
    const channel = new ProcessParentChannel()
    // Reads into one buffer, past the stream: that halves the cost of receiving a call. Large parts are read to their place.
    const input = areaOf(Buffer.allocUnsafe(64 * 1024))
    const { bytes: buffer } = input
    const onread = {
      buffer: () => frames.target ?? buffer,
      callback: (size: number, target: Uint8Array): boolean => {
        try {
          if (target === buffer) frames.pushFrom(input, size)
          else frames.filled(size)
        } catch (error) {
          reportFailure(error)
        }
        return true
      },
    }
    const frames = new FrameStream((source, at, parts) => {
      const message = readMessage(source, at, parts)
      if (channel.#receive) channel.#receive(message as ParentMessage)
      else start(channel, message as SessionSettings)
    })
    const socket = new (net().Socket)({
      fd: FROM_PARENT,
      readable: true,
      writable: false,
      onread,
    } as SocketConstructorOpts)
    socket.resume()
    // The parent is gone, however it died.
    socket.on('close', endWithGroup)
    socket.on('error', endWithGroup)
  }

  flush(): void {
    this.#writeOut()
  }

  listen(receive: (message: ParentMessage) => void): void {
    this.#receive = receive
    process.on('exit', this.#flush)
  }

  /** Keeps the newest outcome for the slot file, if it fits: the next start mark is written together with it. */
  #keep(sequence: number, from: number): boolean {
    if (this.#end - from > LARGEST_IN_SLOT) return false
    return this.slots.keep(sequence, this.#buffer.bytes, from, this.#end)
  }

  /** Keeps the newest frame of the buffer, the result of an element. `false`: it has to be sent now. */
  #keepResult(sequence: number, from: number): boolean {
    const isFirst = this.#chunk !== sequence
    this.#chunk = sequence
    const end = this.#end
    if (isFirst || from !== this.#keptEnd || end + Uint32Array.BYTES_PER_ELEMENT > RESULTS_BYTES) return false
    if (monotonic() - this.#writtenAt > RESULTS_EVERY) return false
    this.slots.keepResult(this.#buffer, from, end)
    this.#keptEnd = end
    return true
  }

  #writeOut(): void {
    if (this.#flushing) clearImmediate(this.#flushing)
    this.#flushing = undefined
    if (this.#end === 0) return
    const end = this.#end
    this.#end = this.#keptEnd = 0
    this.#writtenAt = monotonic()
    this.#waiting = 0
    this.#ran = 0
    this.slots.dropKept()
    send(this.#buffer.bytes, end)
  }
}

function send(bytes: Uint8Array, length: number): void {
  try {
    writeFully(TO_PARENT, bytes, length)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') endWithGroup() // the parent is gone
    throw error
  }
}
