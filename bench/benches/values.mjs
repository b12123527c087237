/** Large values: to a worker, whose answer is a digest of what it got; and there and back. After 500 small calls. */
import { performance } from 'node:perf_hooks'
import { check, median } from '../harness/check.mjs'
import { floor, group, ours, peers, RUNTIMES } from '../harness/groups.mjs'
import { warmUp } from '../harness/warm-up.mjs'

const BYTES = 64 << 20
const ITEMS = 11_000 // 1 MB as JSON
const SAMPLES = 3

export const title = 'Large values: an ArrayBuffer of 64 MB (copied), and 1 MB of JSON-like objects'
export const rounds = 5

export const measures = [
  { key: 'buffer', label: '64 MB, ms', better: 'less', digits: 0 },
  { key: 'bufferBack', label: 'and back, ms', better: 'less', digits: 0 },
  { key: 'objects', label: 'objects, ms', better: 'less', digits: 1 },
  { key: 'objectsBack', label: 'and back, ms', better: 'less', digits: 1 },
]

export const groups = RUNTIMES.map((runtime) =>
  group(runtime, { runtime, workers: 1 }, [ours(), ...peers(runtime), floor()]),
)

/** Runs in the contender's own process. */
export async function measure({ call, run }) {
  await warmUp(call)
  const buffer = new ArrayBuffer(BYTES)
  new Uint8Array(buffer).fill(7)
  const items = Array.from({ length: ITEMS }, (_, id) => item(id))
  const digest = items.reduce((sum, { id, tags }) => sum + id + tags.length, 0)
  return {
    objects: await timed(async () => check(await run('inspect', items), digest)),
    objectsBack: await timed(async () => sameItems(await run('echo', items), items)),
    buffer: await timed(async () => check(await run('inspect', buffer), BYTES + 7)),
    bufferBack: await timed(async () => sameBytes(await run('echo', buffer))),
  }
}

async function timed(fn) {
  const times = []
  for (let i = 0; i < SAMPLES; i++) {
    const from = performance.now()
    await fn()
    times.push(performance.now() - from)
  }
  return median(times)
}

function item(id) {
  return { id, name: `item number ${id}`, tags: ['red', 'green', 'blue'], score: id / 8, active: id % 2 === 0 }
}

function sameItems(items, expected) {
  check(items.length, expected.length)
  check(items.at(-1).name, expected.at(-1).name)
}

function sameBytes(buffer) {
  check(buffer.byteLength, BYTES)
  check(new Uint8Array(buffer).at(-1), 7)
}
