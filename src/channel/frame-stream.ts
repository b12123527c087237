const WORD = 4

/** Cuts the bytes that a pipe delivers into frames. A frame begins with its length. */
export class FrameStream {
  readonly #lengthAt: (bytes: Buffer, at: number) => number
  readonly #receive: (bytes: Buffer, at: number) => void
  #rest: Buffer[] = []
  #size = 0
  #wanted = WORD
  /** While `push` delivers frames: the bytes that it cuts, and how far it has come. */
  #cutting: Buffer | undefined
  #cutAt = 0

  constructor(lengthAt: (bytes: Buffer, at: number) => number, receive: (bytes: Buffer, at: number) => void) {
    this.#lengthAt = lengthAt
    this.#receive = receive
  }

  push(chunk: Buffer): void {
    this.#finishOuterPush()
    this.#rest.push(chunk)
    this.#size += chunk.byteLength
    if (this.#size < this.#wanted) return
    const bytes = this.#rest.length === 1 ? chunk : Buffer.concat(this.#rest, this.#size)
    this.#cutting = bytes
    let at = 0
    let wanted = WORD
    while (bytes.byteLength - at >= WORD) {
      wanted = this.#lengthAt(bytes, at)
      if (bytes.byteLength - at < wanted) break
      this.#cutAt = at + wanted
      this.#receive(bytes, at)
      if (this.#cutting !== bytes) return // `receive` has pushed more: that call has cut the rest
      at += wanted
      wanted = WORD
    }
    this.#cutting = undefined
    this.#keep(bytes, at, wanted)
  }

  /** Takes over the bytes that an outer `push` has not cut yet: it has delivered a frame, and `receive` pushes again. */
  #finishOuterPush(): void {
    if (!this.#cutting) return
    this.#keep(this.#cutting, this.#cutAt, WORD)
    this.#cutting = undefined
  }

  #keep(bytes: Buffer, at: number, wanted: number): void {
    this.#rest = at < bytes.byteLength ? [bytes.subarray(at)] : []
    this.#size = bytes.byteLength - at
    this.#wanted = wanted
  }
}
