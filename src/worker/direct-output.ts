import { writeSync } from 'node:fs'
import type { Writable } from 'node:stream'

type Write = (chunk: Uint8Array | string, encoding: BufferEncoding, done: (error?: Error | null) => void) => void

const PAUSE = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/**
 * Has this worker's output written at once, by itself. Node's way leads a thread's through the parent's event loop, and a
 * process's, where the pipe is full, through its own: what is on it when the worker ends is lost, and a thread's stands
 * in the wrong place where the parent is busy.
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
