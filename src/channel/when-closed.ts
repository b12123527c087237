import { clearTimeout, setTimeout } from 'node:timers'
import type { Readable } from 'node:stream'

/** Calls `fn` once `stream` has been read to its end and closed; after `limit` ms at the latest, where one is given. */
export function whenClosed(stream: Readable | null | undefined, limit: number | undefined, fn: () => void): void {
  if (!stream || stream.closed) {
    fn()
    return
  }
  const end = (): void => {
    clearTimeout(timer)
    stream.off('close', end)
    fn()
  }
  const timer = limit === undefined ? undefined : setTimeout(end, limit)
  stream.on('close', end)
}
