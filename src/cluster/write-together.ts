/**
 * Sends everything that is written to a stream in one turn of the event loop together. Clients write each command
 * separately, and each write costs a system call here and a read on the server. With many calls, these would be most of
 * the cost of a queue.
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
