import type { Readable } from 'node:stream'
import type { Socket } from 'node:net'

/** How much of a worker's stderr is kept for its error, in bytes. */
const KEPT = 4096

/** Passes a worker's stderr on to ours and keeps the last of it. */
export class StderrTail {
  readonly #stream: Readable | null
  #tail = Buffer.alloc(0)

  constructor(stream: Readable | null) {
    this.#stream = stream
    stream?.on('error', () => undefined)
    stream?.on('data', (chunk: Buffer) => {
      process.stderr.write(chunk)
      this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-KEPT)
    })
  }

  get text(): string {
    return this.#tail.toString('utf8').trim()
  }

  unref(): void {
    ;(this.#stream as Socket | null)?.unref()
  }
}
