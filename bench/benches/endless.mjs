/**
 * `map` over an endless async generator, for ten seconds. The parent's heap must not grow. It is sampled after full
 * garbage collections. The first and the last third of the samples are compared.
 */
import { performance } from 'node:perf_hooks'

const SPAN = 10_000 // ms
const WARM_UP = 1000 // ms
const EVERY = 200 // ms between two samples
const WORKERS = 2
const CHUNK = 100

export const title = `An endless async generator through map, ${SPAN / 1000} s, chunks of ${CHUNK}, ${WORKERS} workers`
export const rounds = 1
export const nodeFlags = ['--expose-gc']

export const measures = [
  { key: 'elementsPerSecond', label: 'elements/s', better: 'more', digits: 0 },
  { key: 'first', label: 'heap, first third, MB', better: 'less', digits: 2 },
  { key: 'last', label: 'heap, last third, MB', better: 'less', digits: 2 },
  { key: 'growth', label: 'growth, %', better: 'less', digits: 1 },
]

export const groups = ['threads', 'processes'].map((runtime) => ({
  name: runtime,
  contenders: [{ name: 'pebble-ts map', module: 'pool', options: { runtime, workers: WORKERS }, role: 'ours' }],
}))

/** Runs in the contender's own process. */
export async function measure({ mapChunked }, { quick }) {
  const begun = performance.now()
  const end = begun + WARM_UP + (quick ? SPAN / 5 : SPAN)
  const samples = []
  let sampleAt = begun + WARM_UP
  let next = 0
  for await (const value of mapChunked(naturals(), CHUNK)) {
    if (value !== 2 * next) throw new Error(`Expected ${2 * next} as element ${next}, got ${value}`)
    next++
    const now = performance.now()
    if (now >= end) break
    if (now < sampleAt) continue
    gc()
    samples.push(process.memoryUsage().heapUsed / 1e6)
    sampleAt = performance.now() + EVERY
  }
  const third = Math.floor(samples.length / 3)
  const [first, last] = [mean(samples.slice(0, third)), mean(samples.slice(-third))]
  const elementsPerSecond = next / ((performance.now() - begun) / 1000)
  return { elementsPerSecond, first, last, growth: 100 * (last / first - 1) }
}

async function* naturals() {
  for (let n = 0; ; n++) yield n
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
