/**
 * `map` over a million numbers with a trivial body; the program looks at each result. "By hand" is what a user of a library
 * without `map` writes: one call per chunk. Its results arrive in whole chunks, and one failing element fails its chunk.
 */
import { performance } from 'node:perf_hooks'
import { check } from '../harness/check.mjs'
import { floor, group, ours, peers, RUNTIMES } from '../harness/groups.mjs'

const ELEMENTS = 1_000_000
const WORKERS = 2
const CHUNK = 10_000

export const title = `map(double) over ${ELEMENTS.toLocaleString('en')} numbers, ${WORKERS} workers; the others by hand`
export const rounds = 3

export const measures = [{ key: 'elementsPerSecond', label: 'elements/s', better: 'more', digits: 0 }]

export const groups = RUNTIMES.map((runtime) =>
  group(runtime, { runtime, workers: WORKERS, chunkSize: CHUNK }, [
    ours('pool'),
    ['pebble-ts, chunks of 1,000', 'own', 'pool', { chunkSize: 1000 }],
    ['pebble-ts, chunks of 100', 'own', 'pool', { chunkSize: 100 }],
    ['pebble-ts, one chunk a worker', 'own', 'pool', { chunkSize: ELEMENTS / WORKERS }],
    ...peers(runtime),
    floor(),
  ]),
)

/** Runs in the contender's own process. */
export async function measure({ mapEach }, { quick, options: { chunkSize } }) {
  await pass(mapEach, 500, 100) // warm-up: starts both workers
  return { elementsPerSecond: await pass(mapEach, quick ? ELEMENTS / 5 : ELEMENTS, chunkSize) }
}

async function pass(mapEach, count, chunkSize) {
  const items = Array.from({ length: count }, (_, i) => i)
  const from = performance.now()
  let next = 0
  await mapEach(items, { chunkSize }, (value) => {
    if (value !== 2 * next) check(value, 2 * next)
    next++
  })
  const seconds = (performance.now() - from) / 1000
  check(next, count)
  return count / seconds
}
