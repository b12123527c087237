import { writeSync } from 'node:fs'
import type { Socket } from 'node:net'

/**
 * Writes to a pipe without the detour through its stream: one system call, at once, where the pipe has room. What does
 * not fit is the stream's, in order.
 */
export class PipeWriter {
  readonly #socket: Socket
  /** The pipe's descriptor; absent where the runtime does not tell (Windows). */
  readonly #fd: number | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    const fd = (socket as unknown as { _handle?: { fd?: number } })._handle?.fd
    this.#fd = fd !== undefined && fd >= 0 ? fd : undefined
  }

  /** @param pieces the first may be overwritten after this returns */
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

/** How much of `bytes` the pipe took. */
function writeNow(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes)
  } catch {
    return 0 // full, or its reader is gone: the stream finds out which
  }
}
