import { Tinypool } from 'tinypool'
import { mapByHand } from './map-by-hand.mjs'

export function open({ runtime, workers }) {
  const pool = new Tinypool({
    filename: new URL('../workers/double-chunk.mjs', import.meta.url).href,
    runtime: runtime === 'threads' ? 'worker_threads' : 'child_process',
    minThreads: workers,
    maxThreads: workers,
  })
  return {
    mapChunked: (items, chunkSize) => mapByHand((chunk) => pool.run(chunk), items, chunkSize, 4 * workers),
    close: () => pool.destroy(),
  }
}
