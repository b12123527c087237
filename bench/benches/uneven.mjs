/**
 * Uneven load: one call in a hundred blocks its worker for 50 ms, the others are trivial. The figure is the duration in
 * multiples of the ideal, in which the long calls are spread evenly over the workers and all else costs nothing.
 */
import { performance } from 'node:perf_hooks'
import { check } from '../harness/check.mjs'
import { floor, group, ours, peers, RUNTIMES } from '../harness/groups.mjs'
import { warmUp } from '../harness/warm-up.mjs'

const WORKERS = 2
const LONG = 50 // ms
const STREAM = { calls: 2400, lanes: 64 }
const WAVES = { waves: 5, calls: 400 }

export const title = `Uneven load, 1% of the calls take ${LONG} ms, ${WORKERS} workers`
export const rounds = 3

export const measures = [
  { key: 'stream', label: 'stream, × ideal', better: 'less', digits: 2 },
  { key: 'waves', label: 'waves, × ideal', better: 'less', digits: 2 },
]

export const groups = RUNTIMES.map((runtime) =>
  group(runtime, { runtime, workers: WORKERS }, [ours(), ...peers(runtime), floor()]),
)

/** Runs in the contender's own process. */
export async function measure({ call, run }) {
  await warmUp(call, STREAM.lanes)
  const nap = async (ms) => check(await run('nap', { ms }), ms)
  return { stream: await stream(nap), waves: await waves(nap) }
}

/** 64 loops, each of which makes the next call when its last one is done. */
async function stream(nap) {
  const durations = durationsOf(STREAM.calls)
  const lane = async () => {
    while (durations.length) await nap(durations.pop())
  }
  const ideal = idealOf(durations)
  const from = performance.now()
  await Promise.all(Array.from({ length: STREAM.lanes }, lane))
  return (performance.now() - from) / ideal
}

/** All calls of a wave are made at once; the next wave begins when all of them are done. */
async function waves(nap) {
  let ideal = 0
  const from = performance.now()
  for (let n = 0; n < WAVES.waves; n++) {
    const durations = durationsOf(WAVES.calls)
    ideal += idealOf(durations)
    await Promise.all(durations.map(nap))
  }
  return (performance.now() - from) / ideal
}

const idealOf = (durations) => (durations.filter((ms) => ms > 0).length * LONG) / WORKERS

/** One long call in each hundred, at a place that looks random and is the same for every contender. */
let seed = 12345
function durationsOf(calls) {
  const durations = new Array(calls).fill(0)
  for (let from = 0; from < calls; from += 100) {
    seed = (seed * 1103515245 + 12345) % 2 ** 31
    durations[from + (seed % 100)] = LONG
  }
  return durations
}
