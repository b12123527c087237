const WORD = 4

/** Cuts what a pipe delivers into frames; a frame begins with its length. */
export class FrameStream {
  readonly #lengthAt: (bytes: Buffer, at: number) => number
  readonly #receive: (bytes: Buffer, at: number) => void
  #rest: Buffer[] = []
  #size = 0
  #wanted = WORD

  constructor(lengthAt: (bytes: Buffer, at: number) => number, receive: (bytes: Buffer, at: number) => void) {
    this.#lengthAt = lengthAt
    this.#receive = receive
  }

  push(chunk: Buffer): void {
    this.#rest.push(chunk)
    this.#size += chunk.byteLength
    if (this.#size < this.#wanted) return
    const bytes = this.#rest.length === 1 ? chunk : Buffer.concat(this.#rest, this.#size)
    let at = 0
    let wanted = WORD
    while (bytes.byteLength - at >= WORD) {
      wanted = this.#lengthAt(bytes, at)
      if (bytes.byteLength - at < wanted) break
      this.#receive(bytes, at)
      at += wanted
      wanted = WORD
    }
    this.#rest = at < bytes.byteLength ? [bytes.subarray(at)] : []
    this.#size = bytes.byteLength - at
    this.#wanted = wanted
  }
}
