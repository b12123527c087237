import { performance } from 'node:perf_hooks'
import { Mutex } from 'async-mutex'

export function open() {
  const mutex = new Mutex()
  const turns = async (span) => {
    let count = 0
    for (const end = performance.now() + span; performance.now() < end; count++) (await mutex.acquire())()
    return count
  }
  return { turns, close: () => undefined }
}
