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

const WORD = 4
const HEAD = 2 * WORD
const SIZE = 8
/** Stands where a single frame has its length. No frame is that long. */
const MULTIPART = 0xffffffff
/** A part is read directly while at least this many bytes of it are missing. */
const DIRECT = 32 * 1024
const NOTHING = Buffer.alloc(0)

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
  readonly frame: Buffer
  readonly parts: Uint8Array[]
  /** The part that arrives, and how much of it is there. */
  index: number
  filled: number
}

export class FrameStream {
  readonly #receive: (bytes: Buffer, at: number, parts: Uint8Array[] | undefined) => void
  // What has arrived and is not cut yet. `receive` may push more, so these are read again after it returns.
  #bytes: Buffer = NOTHING
  #at = 0
  #isCutting = false
  #arriving: Arriving | undefined

  /** @param receive gets the position of a frame, and its parts if it has any. It must copy what it keeps. */
  constructor(receive: (bytes: Buffer, at: number, parts: Uint8Array[] | undefined) => void) {
    this.#receive = receive
  }

  /** @param chunk may be overwritten after this call */
  push(chunk: Buffer): void {
    const rest = this.#bytes.byteLength - this.#at
    this.#bytes = rest === 0 ? chunk : Buffer.concat([this.#bytes.subarray(this.#at), chunk])
    this.#at = 0
    const isOuter = !this.#isCutting
    this.#isCutting = true
    try {
      while (this.#cut());
    } finally {
      if (isOuter) this.#isCutting = false
      // The outer call goes on after this one, and finds nothing left to cut.
      this.#bytes = this.#at < this.#bytes.byteLength ? Buffer.from(this.#bytes.subarray(this.#at)) : NOTHING
      this.#at = 0
    }
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
    this.push(NOTHING)
  }

  /** Cuts one frame or part. `false`: more has to arrive. */
  #cut(): boolean {
    if (this.#arriving) return this.#fill(this.#arriving)
    const bytes = this.#bytes
    const at = this.#at
    const available = bytes.byteLength - at
    if (available < WORD) return false
    const length = bytes.readUInt32LE(at)
    if (length === MULTIPART) return this.#open(bytes, at, available)
    if (available < length) return false
    this.#at = at + length
    this.#receive(bytes, at, undefined)
    return true
  }

  #open(bytes: Buffer, at: number, available: number): boolean {
    if (available < HEAD) return false
    const count = bytes.readUInt32LE(at + WORD)
    const from = HEAD + SIZE * count
    if (available < from + WORD) return false
    const end = from + bytes.readUInt32LE(at + from)
    if (available < end) return false
    const sizes = Array.from({ length: count }, (_, index) => bytes.readDoubleLE(at + HEAD + SIZE * index))
    const parts = sizes.map((size) => new Uint8Array(size))
    this.#arriving = { frame: Buffer.from(bytes.subarray(at + from, at + end)), parts, index: 0, filled: 0 }
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
    this.#at = Math.min(this.#bytes.byteLength, from + part.byteLength - arriving.filled)
    if (this.#at > from) part.set(this.#bytes.subarray(from, this.#at), arriving.filled)
    arriving.filled += this.#at - from
    if (arriving.filled < part.byteLength) return false
    arriving.index += 1
    arriving.filled = 0
    return true
  }
}

const NONE = { parts: [] as Uint8Array[], index: 0, filled: 0 }
