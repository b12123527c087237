/**
 * One call at a time, in the first 3,000 calls of a program: 500 calls of warm-up, then 2,500 round trips. Most of a round
 * trip is the time that the system needs to wake a sleeping thread. It is measured as it is, and with the cores kept awake.
 */
import { performance } from 'node:perf_hooks'
import { check, percentile } from '../harness/check.mjs'
import { floor, group, ours, peers, RUNTIMES } from '../harness/groups.mjs'
import { WARM_UP, warmUp } from '../harness/warm-up.mjs'

const CALLS = 3000

export const title = `Round trip of a lone call, in the first ${CALLS.toLocaleString('en')} calls`
export const rounds = 5

export const measures = [
  { key: 'p50', label: 'p50, µs', better: 'less', digits: 0 },
  { key: 'p90', label: 'p90, µs', better: 'less', digits: 0 },
]

export const groups = RUNTIMES.flatMap((runtime) => {
  const contenders = [ours(), ...peers(runtime), floor()]
  return [
    group(runtime, { runtime, workers: 2 }, contenders),
    { ...group(`${runtime}, cores awake`, { runtime, workers: 2 }, contenders), awake: true },
  ]
})

/** Runs in the contender's own process. */
export async function measure({ call }) {
  await warmUp(call)
  const times = []
  for (let n = WARM_UP; n < CALLS; n++) {
    const from = performance.now()
    const sum = await call(n, 1)
    times.push((performance.now() - from) * 1000)
    check(sum, n + 1)
  }
  return { p50: percentile(times, 0.5), p90: percentile(times, 0.9) }
}
