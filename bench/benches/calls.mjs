/**
 * Calls of a trivial body, so that the figures show the cost of the library: calls per second with many calls in flight,
 * and the round trip of a single call.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { performance } from 'node:perf_hooks'

const WORKERS = 2
const IN_FLIGHT = 512

export const title = `Calls of add(a, b), ${WORKERS} workers`

export const measures = [
  { key: 'callsPerSecond', label: `calls/s, ${IN_FLIGHT} in flight`, better: 'more', digits: 0, expected: 3 },
  { key: 'roundTrip', label: 'round trip, µs', better: 'less', digits: 1, expected: 1 },
]

export const groups = [
  group('threads', {
    'pebble-ts @thread': ['pebble-ts', {}],
    poolifier: ['poolifier', {}],
    piscina: ['piscina', {}],
    'piscina, 64 tasks a worker': ['piscina', { concurrentTasksPerWorker: 64 }],
    tinypool: ['tinypool', {}],
    'tinypool, 64 tasks a worker': ['tinypool', { concurrentTasksPerWorker: 64 }],
    workerpool: ['workerpool', {}],
    'jest-worker': ['jest-worker', {}],
    'floor: postMessage': ['raw', {}],
    'floor: postMessage, batched': ['raw', { batched: true }],
  }),
  group('processes', {
    'pebble-ts @process': ['pebble-ts', {}],
    poolifier: ['poolifier', {}],
    tinypool: ['tinypool', {}],
    'tinypool, 64 tasks a worker': ['tinypool', { concurrentTasksPerWorker: 64 }],
    workerpool: ['workerpool', {}],
    'jest-worker': ['jest-worker', {}],
    'floor: fork IPC': ['raw', {}],
    'floor: fork IPC, json': ['raw', { serialization: 'json' }],
    'floor: fork IPC, batched': ['raw', { batched: true }],
  }),
]

/** Runs in the contender's own process. */
export async function measure({ call }, { quick }) {
  const limits = quick ? { warmUp: 500, span: 300, lone: 150 } : { warmUp: 700, span: 500, lone: 250 } // ms
  const callsPerSecond = await throughput(call, limits)
  await sleep(50)
  return { callsPerSecond, roundTrip: await loneCall(call, limits) }
}

async function throughput(call, { warmUp, span }) {
  let calls = 0
  let running = true
  const lane = async (a) => {
    for (let b = 0; running; b++) {
      check(await call(a, b), a + b)
      calls++
    }
  }
  const lanes = Promise.all(Array.from({ length: IN_FLIGHT }, (_, a) => lane(a)))
  await Promise.race([sleep(warmUp), lanes]) // a lane that throws ends the measurement
  const [from, before] = [performance.now(), calls]
  await Promise.race([sleep(span), lanes])
  const rate = (calls - before) / ((performance.now() - from) / 1000)
  running = false
  await lanes
  return rate
}

async function loneCall(call, { lone }) {
  await loneCalls(call, lone) // warm-up: a single call takes another code path than a burst
  const times = await loneCalls(call, lone)
  return times.sort((a, b) => a - b)[times.length >> 1]
}

/** The duration of each call, in µs. */
async function loneCalls(call, span) {
  const times = []
  for (const end = performance.now() + span; performance.now() < end;) {
    const from = performance.now()
    const sum = await call(from, 1)
    times.push((performance.now() - from) * 1000)
    check(sum, from + 1)
  }
  return times
}

function check(value, expected) {
  if (value !== expected) throw new Error(`Expected ${expected}, got ${value}`)
}

function group(runtime, contenders) {
  return {
    name: runtime,
    contenders: Object.entries(contenders).map(([name, [module, options]]) => ({
      name,
      module,
      options: { runtime, workers: WORKERS, ...options },
      role: module === 'pebble-ts' ? 'ours' : module === 'raw' ? 'floor' : 'peer',
    })),
  }
}
