/**
 * Cuts the bytes that a pipe delivers into frames. A frame begins with its length. A multipart frame is a frame and the
 * large parts of its payload, which follow it. Each part gets memory of its own, into which it can be read directly.
 *
 *   frame             ┌────────────┬───┐
 *                     │ u32 length │ … │
 *                     └────────────┴───┘
 *   multipart frame   ┌───────────────┬───────────┬───────────────────────┬───────┬───────┬───┐
 *                     │ u32 MULTIPART │ u32 count │ f64 size of each part │ frame │ parts │ … │
 *                     └───────────────┴───────────┴───────────────────────┴───────┴───────┴───┘
 */

import { areaOf, LITTLE_ENDIAN, type Area } from './area'

const WORD = 4
const HEAD = 2 * WORD
const SIZE = 8
/** Stands where a single frame has its length. No frame is that long. */
const MULTIPART = 0xffffffff
/** A part is read directly while at least this many bytes of it are missing. */
const DIRECT = 32 * 1024
const NOTHING = areaOf(Buffer.alloc(0))

/** A multipart frame, as the pieces to write, in order. The first holds a copy of `frame`. */
export function multipartFrame(frame: Uint8Array, parts: readonly Uint8Array[]): Uint8Array[] {
  const head = Buffer.allocUnsafe(HEAD + SIZE * parts.length + frame.byteLength)
  head.writeUInt32LE(MULTIPART, 0)
  head.writeUInt32LE(parts.length, WORD)
  parts.forEach((part, index) => head.writeDoubleLE(part.byteLength, HEAD + SIZE * index))
  head.set(frame, HEAD + SIZE * parts.length)
  return [head, ...parts]
}

/** A frame whose parts arrive. */
interface Arriving {
  readonly frame: Area
  readonly parts: Uint8Array[]
  /** The part that arrives, and how much of it is there. */
  index: number
  filled: number
}

/** Gets the area that holds a frame, the position of the frame in it, and its parts if it has any. It must copy what it keeps. */
type ReceiveFrame = (source: Area, at: number, parts: Uint8Array[] | undefined) => void

export class FrameStream {
  readonly #receive: ReceiveFrame
  // What has arrived and is not cut yet: `#source` from `#at` to `#end`. `receive` may push more, so these are read again
  // after it returns.
  #source = NOTHING
  #at = 0
  #end = 0
  #isCutting = false
  #arriving: Arriving | undefined

  constructor(receive: ReceiveFrame) {
    this.#receive = receive
  }

  /** @param chunk may be overwritten after this call */
  push(chunk: Buffer): void {
    this.pushFrom(areaOf(chunk), chunk.byteLength)
  }

  /** Takes the first `size` bytes of `source`, which may be overwritten after this call. */
  pushFrom(source: Area, size: number): void {
    this.#add(source, size)
    const isOuter = !this.#isCutting
    this.#isCutting = true
    try {
      while (this.#cut());
    } finally {
      if (isOuter) this.#isCutting = false
      // The outer call goes on after this one, and finds nothing left to cut.
      this.#keepRest()
    }
  }

  #add(source: Area, size: number): void {
    if (this.#at === this.#end) {
      this.#source = source
      this.#end = size
    } else {
      const rest = this.#source.bytes.subarray(this.#at, this.#end)
      this.#source = areaOf(Buffer.concat([rest, source.bytes.subarray(0, size)]))
      this.#end = rest.byteLength + size
    }
    this.#at = 0
  }

  /** Copies what is not cut yet: the chunk may be overwritten. */
  #keepRest(): void {
    const size = this.#end - this.#at
    this.#source = size > 0 ? areaOf(Buffer.from(this.#source.bytes.subarray(this.#at, this.#end))) : NOTHING
    this.#at = 0
    this.#end = size
  }

  /** Where the next bytes may be read to instead of being pushed, if they belong to a large part. */
  get target(): Buffer | undefined {
    const { parts, index, filled } = this.#arriving ?? NONE
    const part = parts[index]
    if (part === undefined || part.byteLength - filled < DIRECT) return undefined
    return Buffer.from(part.buffer as ArrayBuffer, filled)
  }

  /** `size` bytes were read to the target. */
  filled(size: number): void {
    if (this.#arriving) this.#arriving.filled += size
    this.pushFrom(NOTHING, 0)
  }

  /** Cuts one frame or part. `false`: more has to arrive. */
  #cut(): boolean {
    if (this.#arriving) return this.#fill(this.#arriving)
    const source = this.#source
    const at = this.#at
    const available = this.#end - at
    if (available < WORD) return false
    const length = source.view.getUint32(at, LITTLE_ENDIAN)
    if (length === MULTIPART) return this.#open(source, at, available)
    if (available < length) return false
    this.#at = at + length
    this.#receive(source, at, undefined)
    return true
  }

  #open({ bytes, view }: Area, at: number, available: number): boolean {
    if (available < HEAD) return false
    const count = view.getUint32(at + WORD, LITTLE_ENDIAN)
    const from = HEAD + SIZE * count
    if (available < from + WORD) return false
    const end = from + view.getUint32(at + from, LITTLE_ENDIAN)
    if (available < end) return false
    const sizes = Array.from({ length: count }, (_, index) => view.getFloat64(at + HEAD + SIZE * index, LITTLE_ENDIAN))
    const parts = sizes.map((size) => new Uint8Array(size))
    const frame = areaOf(Buffer.from(bytes.subarray(at + from, at + end)))
    this.#arriving = { frame, parts, index: 0, filled: 0 }
    this.#at = at + end
    return true
  }

  #fill(arriving: Arriving): boolean {
    const part = arriving.parts[arriving.index]
    if (part === undefined) {
      this.#arriving = undefined
      this.#receive(arriving.frame, 0, arriving.parts)
      return true
    }
    const from = this.#at
    this.#at = Math.min(this.#end, from + part.byteLength - arriving.filled)
    if (this.#at > from) part.set(this.#source.bytes.subarray(from, this.#at), arriving.filled)
    arriving.filled += this.#at - from
    if (arriving.filled < part.byteLength) return false
    arriving.index += 1
    arriving.filled = 0
    return true
  }
}

const NONE = { parts: [] as Uint8Array[], index: 0, filled: 0 }
