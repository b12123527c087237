import { writeSync } from 'node:fs'
import type { Writable } from 'node:stream'

type Write = (chunk: Uint8Array | string, encoding: BufferEncoding, done: (error?: Error | null) => void) => void

const PAUSE = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/**
 * Has this thread's output written at once, by itself. Node's way leads through the parent's event loop: what is on it
 * when the thread is stopped is lost, and what a busy parent has not printed stands in the wrong place.
 */
export function writeOutputDirectly(): void {
  direct(process.stdout, 1)
  direct(process.stderr, 2)
}

function direct(stream: Writable, fd: number): void {
  const write: Write = (chunk, encoding, done) => {
    try {
      writeFully(fd, typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk)
      done()
    } catch {
      done() // nobody reads it any more
    }
  }
  Object.assign(stream, { _write: write, _writev: null })
}

function writeFully(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength;) {
    try {
      at += writeSync(fd, bytes, at)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(PAUSE, 0, 0, 1) // a full pipe that does not block
    }
  }
}
