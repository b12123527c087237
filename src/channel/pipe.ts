/** Reads and writes the pipes of a worker process past the buffers of Node's streams: at once, in this turn of the event loop. */
import { readSync, writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { FrameStream } from '../wire/frame-stream'
import { after, clearAfter } from '../utils/after'

const BUFFER = Buffer.allocUnsafe(64 * 1024)
/** The most reads of one call: more than a pipe holds, but bounded, because the worker may write faster than this side reads. */
const MAX_READS = 16

/** Writes to a pipe with one system call, if it has room. The stream takes the rest, in order. */
export class PipeWriter {
  readonly #socket: Socket
  readonly #fd: number | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    this.#fd = descriptorOf(socket)
  }

  /** @param pieces the caller may overwrite the first one after this returns */
  write(pieces: readonly Uint8Array[]): void {
    const socket = this.#socket
    if (!socket.writable) return
    let rest: readonly Uint8Array[] = pieces
    if (this.#fd !== undefined && pieces.length === 1 && socket.writableLength === 0) {
      const [piece] = pieces as [Uint8Array]
      const written = writeNow(this.#fd, piece)
      if (written === piece.byteLength) return
      rest = [piece.subarray(written)]
    }
    socket.cork()
    rest.forEach((piece, index) => socket.write(index === 0 ? Buffer.from(piece) : piece))
    socket.uncork()
  }
}

/**
 * Passes each chunk that a socket reads to `receive` at once, past the buffer of the stream. The way through the buffer
 * takes some 40 functions of Node.js and a tick per chunk. Only the end of the pipe goes to the stream, so that it emits
 * `end` and `close`.
 */
export function receiveFrom(socket: Socket, receive: (bytes: Buffer) => void): void {
  const { push } = socket
  socket.push = (chunk: Buffer | null, encoding) => {
    if (chunk === null) return push.call(socket, null, encoding)
    receive(chunk)
    return true
  }
  socket.on('data', receive) // starts to read. The event comes only if a version of Node.js does not call `push`
}

/**
 * Reads what is in a pipe now. The stream would read it in a later turn of the event loop, or never in an exit handler.
 *
 * @returns whether more may come: `false` once the other end is closed
 */
export function readNow(stream: unknown, receive: (bytes: Buffer) => void): boolean {
  const fd = descriptorOf(stream)
  if (fd === undefined) return false
  try {
    for (let reads = 0; reads < MAX_READS; reads++) {
      const size = readSync(fd, BUFFER)
      if (size === 0) return false
      receive(Buffer.from(BUFFER.subarray(0, size)))
    }
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' // empty: the pipe does not block
  }
}

/** Reads what is in a pipe now, like {@link readNow}, into a stream of frames. */
export function readFrames(stream: unknown, frames: FrameStream): boolean {
  return readLarge(stream, frames) && readNow(stream, (bytes) => frames.push(bytes))
}

/**
 * Reads a large part directly to its place in memory, without the stream, as far as it has arrived.
 *
 * @returns whether more may come
 */
export function readLarge(stream: unknown, frames: FrameStream): boolean {
  const fd = descriptorOf(stream)
  try {
    for (let reads = 0; reads < MAX_READS; reads++) {
      const { target } = frames
      if (target === undefined || fd === undefined) return true
      const size = readSync(fd, target)
      if (size === 0) return false
      frames.filled(size)
    }
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' // empty: the pipe does not block
  }
}

/** Calls `fn` when `stream` has been read to its end and is closed, or after `limit` ms if a limit is given. */
export function whenClosed(stream: Readable | null | undefined, limit: number | undefined, fn: () => void): void {
  if (!stream || stream.closed) {
    fn()
    return
  }
  const end = (): void => {
    clearAfter(timer)
    stream.off('close', end)
    fn()
  }
  const timer = limit === undefined ? undefined : after(limit, end)
  stream.on('close', end)
}

/** The file descriptor of a pipe; `undefined` if it is closed, or if Node does not expose it (Windows). */
function descriptorOf(stream: unknown): number | undefined {
  const fd = (stream as { readonly _handle?: { readonly fd?: number } } | null | undefined)?._handle?.fd
  return fd !== undefined && fd >= 0 ? fd : undefined
}

/** @returns how many bytes the pipe took */
function writeNow(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes)
  } catch {
    return 0 // the pipe is full or its reader is gone: the stream finds out which
  }
}
