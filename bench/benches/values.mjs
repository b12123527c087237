/** Large values: to a worker, whose answer is a digest of what it got; and there and back. After 500 small calls. */
import { performance } from 'node:perf_hooks'
import { check, median } from '../harness/check.mjs'
import { floor, group, ours, peers, RUNTIMES } from '../harness/groups.mjs'
import { warmUp } from '../harness/warm-up.mjs'

const BYTES = 64 << 20
const ITEMS = 11_000 // 1 MB as JSON
const SAMPLES = 3

export const title = 'Large values: an ArrayBuffer of 64 MB (copied), and 1 MB of JSON-like objects'
export const rounds = 3

export const measures = [
  { key: 'there', label: 'to a worker, ms', better: 'less', digits: 1 },
  { key: 'back', label: 'and back, ms', better: 'less', digits: 1 },
]

/** Of the libraries that use processes, the others send JSON, which cannot hold an ArrayBuffer. */
const SEND_BUFFERS = { threads: undefined, processes: ['jest-worker'] }

export const groups = RUNTIMES.flatMap((runtime) => [
  group(`${runtime}, buffer`, { runtime, workers: 1, kind: 'buffer' }, [
    ours(),
    ...peers(runtime, SEND_BUFFERS[runtime]),
    floor(),
  ]),
  group(`${runtime}, objects`, { runtime, workers: 1, kind: 'objects' }, [ours(), ...peers(runtime), floor()]),
])

const KINDS = { buffer: makeBuffer, objects: makeItems }

/** Runs in the contender's own process. */
export async function measure({ call, run }, { options: { kind } }) {
  await warmUp(call)
  const { value, digest, verify } = KINDS[kind]()
  return {
    there: await timed(async () => check(await run('inspect', value), digest)),
    back: await timed(async () => verify(await run('echo', value))),
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

function makeBuffer() {
  const value = new ArrayBuffer(BYTES)
  new Uint8Array(value).fill(7)
  const verify = (copy) => {
    check(copy.byteLength, BYTES)
    check(new Uint8Array(copy).at(-1), 7)
  }
  return { value, digest: BYTES + 7, verify }
}

function makeItems() {
  const value = Array.from({ length: ITEMS }, (_, id) => ({
    id,
    name: `item number ${id}`,
    tags: ['red', 'green', 'blue'],
    score: id / 8,
    active: id % 2 === 0,
  }))
  const verify = (copy) => {
    check(copy.length, ITEMS)
    check(JSON.stringify(copy.at(-1)), JSON.stringify(value.at(-1)))
  }
  return { value, digest: value.reduce((sum, { id, tags }) => sum + id + tags.length, 0), verify }
}
