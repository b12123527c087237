import { Piscina } from 'piscina'
import { mapByHand } from './map-by-hand.mjs'

export function open({ workers }) {
  const pool = new Piscina({
    filename: new URL('../workers/double-chunk.mjs', import.meta.url).href,
    minThreads: workers,
    maxThreads: workers,
  })
  return {
    mapChunked: (items, chunkSize) => mapByHand((chunk) => pool.run(chunk), items, chunkSize, 4 * workers),
    close: () => pool.destroy(),
  }
}
