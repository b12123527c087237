import type { Readable } from 'node:stream'
import { after, clearAfter } from '../utils/after'

/** Calls `fn` once `stream` has been read to its end and closed; after `limit` ms at the latest, where one is given. */
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
