import { writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { readNow } from './pipe'

/** How much of a worker's stderr is kept for its error, in bytes. */
const KEPT = 4096

/** The tails of all workers that may still write. */
const open = new Set<StderrTail>()

/** Passes the stderr of a worker on to that of this process, and keeps the last part of it. */
export class StderrTail {
  readonly #stream: Readable | null
  #tail = Buffer.alloc(0)

  constructor(stream: Readable | null) {
    this.#stream = stream
    if (!stream) return
    stream.on('error', () => undefined)
    stream.on('data', (chunk: Buffer) => {
      process.stderr.write(chunk)
      this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-KEPT)
    })
    if (open.size === 0) process.on('exit', passAllOn)
    open.add(this)
    stream.once('close', () => {
      open.delete(this)
      if (open.size === 0) process.off('exit', passAllOn)
    })
  }

  get text(): string {
    return this.#tail.toString('utf8').trim()
  }

  unref(): void {
    ;(this.#stream as Socket | null)?.unref()
  }

  /** Passes on what is in the pipe now, without the event loop. In an exit handler, the event loop no longer runs. */
  passOn(): void {
    readNow(this.#stream, (bytes) => writeSync(2, bytes))
  }
}

function passAllOn(): void {
  for (const tail of open) tail.passOn()
}
