import { readSync } from 'node:fs'

interface WithHandle {
  readonly _handle?: { readonly fd?: number }
}

const BUFFER = Buffer.allocUnsafe(64 * 1024)
/** Reads at a time: more than a pipe holds, so that all is read that was there, and yet there is an end of it. */
const READS = 16

/**
 * Reads what is in a pipe, past its stream and the event loop: their turn is later, or never in an exit handler.
 *
 * @returns whether more may come: `false` once whoever wrote to it is gone
 */
export function readNow(stream: unknown, receive: (bytes: Buffer) => void): boolean {
  const fd = (stream as WithHandle | null | undefined)?._handle?.fd
  if (fd === undefined || fd < 0) return false
  try {
    for (let reads = 0; reads < READS; reads++) {
      const size = readSync(fd, BUFFER)
      if (size === 0) return false
      receive(Buffer.from(BUFFER.subarray(0, size)))
    }
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' // empty: the pipe does not block
  }
}
