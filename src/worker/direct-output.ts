import { writeSync } from 'node:fs'
import type { Writable } from 'node:stream'

type Write = (chunk: Uint8Array | string, encoding: BufferEncoding, done: (error?: Error | null) => void) => void

const PAUSE = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

/**
 * Makes this worker write its output at once. By default, the output of a thread passes through the parent's event loop:
 * it comes late if the parent is busy (https://github.com/nodejs/node/issues/30491), and is lost if the thread ends first
 * (https://github.com/nodejs/node/issues/40961). The output of a process waits in its own event loop if the pipe is full,
 * and is lost if the process ends first (https://github.com/nodejs/node/issues/2972).
 */
export function writeOutputDirectly(): void {
  whenUsed('stdout', 1)
  whenUsed('stderr', 2)
}

/** Node makes these streams when they are used first, which takes some ms in a process. */
function whenUsed(name: 'stdout' | 'stderr', fd: number): void {
  const { get, ...rest } = Object.getOwnPropertyDescriptor(process, name) as PropertyDescriptor
  if (get === undefined || !rest.configurable) {
    direct(process[name], fd)
    return
  }
  const first = (): Writable => {
    Object.defineProperty(process, name, { ...rest, get })
    const stream = process[name]
    direct(stream, fd)
    return stream
  }
  Object.defineProperty(process, name, { ...rest, get: first })
}

function direct(stream: Writable, fd: number): void {
  const write: Write = (chunk, encoding, done) => {
    try {
      writeFully(fd, typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk)
      done()
    } catch {
      done() // the reader is gone
    }
  }
  Object.assign(stream, { _write: write, _writev: null })
}

/** Writes the first `length` bytes, and waits while the pipe is full. */
export function writeFully(fd: number, bytes: Uint8Array, length = bytes.byteLength): void {
  for (let at = 0; at < length;) {
    try {
      at += writeSync(fd, bytes, at, length - at)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(PAUSE, 0, 0, 1) // the pipe is full and does not block
    }
  }
}
