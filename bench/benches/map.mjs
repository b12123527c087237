/**
 * `map` over a million numbers with a trivial body. The results are read as they arrive. "By hand" means a library without
 * `map`, with one `run` per chunk: its results arrive in whole chunks, and one failing element fails its chunk.
 */
import { performance } from 'node:perf_hooks'

const ELEMENTS = 1_000_000
const WORKERS = 2

export const title = `map(double) over ${ELEMENTS.toLocaleString('en')} numbers, ${WORKERS} workers`
export const rounds = 1

export const measures = [{ key: 'elementsPerSecond', label: 'elements/s', better: 'more', digits: 0 }]

export const groups = [
  group('threads', {
    'pebble-ts, chunks of 1,000': ['pool', 'ours', { chunkSize: 1000 }],
    'pebble-ts, chunks of 100': ['pool', 'own', { chunkSize: 100 }],
    'pebble-ts, one chunk a worker': ['pool', 'own', { chunkSize: ELEMENTS / WORKERS }],
    'floor: piscina, chunks of 1,000 by hand': ['chunked-piscina', 'floor', { chunkSize: 1000 }],
  }),
  group('processes', {
    'pebble-ts, chunks of 1,000': ['pool', 'ours', { chunkSize: 1000 }],
    'pebble-ts, chunks of 100': ['pool', 'own', { chunkSize: 100 }],
    'pebble-ts, one chunk a worker': ['pool', 'own', { chunkSize: ELEMENTS / WORKERS }],
    'floor: tinypool, chunks of 1,000 by hand': ['chunked-tinypool', 'floor', { chunkSize: 1000 }],
  }),
]

/** Runs in the contender's own process. */
export async function measure({ mapChunked }, { quick, options: { chunkSize } }) {
  const elements = quick ? ELEMENTS / 5 : ELEMENTS
  await pass(mapChunked, elements / 10, Math.min(chunkSize, elements / 10 / WORKERS)) // warm-up
  return { elementsPerSecond: await pass(mapChunked, elements, Math.min(chunkSize, elements / WORKERS)) }
}

async function pass(mapChunked, count, chunkSize) {
  const items = Array.from({ length: count }, (_, i) => i)
  const from = performance.now()
  let next = 0
  for await (const value of mapChunked(items, chunkSize)) {
    if (value !== 2 * next) throw new Error(`Expected ${2 * next} as element ${next}, got ${value}`)
    next++
  }
  if (next !== count) throw new Error(`Expected ${count} elements, got ${next}`)
  return count / ((performance.now() - from) / 1000)
}

function group(runtime, contenders) {
  return {
    name: runtime,
    contenders: Object.entries(contenders).map(([name, [module, role, options]]) => ({
      name,
      module,
      options: { runtime, workers: WORKERS, ...options },
      role,
    })),
  }
}
