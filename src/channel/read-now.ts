import { readSync } from 'node:fs'

interface WithHandle {
  readonly _handle?: { readonly fd?: number }
}

const SIZE = 64 * 1024

/**
 * Reads what is in a pipe, past its stream and the event loop: there is none any more in an exit handler.
 *
 * @returns whether more may come: `false` once whoever wrote to it is gone
 */
export function readNow(stream: unknown, receive: (bytes: Buffer) => void): boolean {
  const fd = (stream as WithHandle | null | undefined)?._handle?.fd
  if (fd === undefined || fd < 0) return false
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafe(SIZE)
      const size = readSync(fd, buffer)
      if (size === 0) return false
      receive(buffer.subarray(0, size))
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' // empty: the pipe does not block
  }
}
