/**
 * Sends what is written to a stream in one turn of the event loop together. Clients write each command by itself, and each
 * write is a system call here and a read of the server: with many calls, most of what a queue costs.
 */
import type { Writable } from 'node:stream'
import { nextTick } from '../utils/clock'

export function writeTogether(stream: Writable): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean
  let isCorked = false
  const uncork = (): void => {
    isCorked = false
    stream.uncork()
  }
  stream.write = (...args: unknown[]) => {
    if (!isCorked) {
      isCorked = true
      stream.cork()
      nextTick(uncork)
    }
    return write(...args)
  }
}
