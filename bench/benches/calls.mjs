/**
 * Calls of a trivial body, so that the figures show the cost of the library: a method of an instance with two fields, with
 * many calls in flight, after 500 calls. Each loop makes a call, awaits the result, and repeats.
 */
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { check } from '../harness/check.mjs'
import { batchedFloor, floor, group, ours, peers, RUNTIMES } from '../harness/groups.mjs'
import { threadCpu } from '../harness/thread-cpu.mjs'
import { warmUp } from '../harness/warm-up.mjs'

const IN_FLIGHT = 512
/** A sample ends after so many calls or so much time, whichever comes first. */
const MOST = { calls: 200_000, ms: 1500 }
/** The tripwire is not about the first moments, and they depend most on what else the machine does. */
const QUICK = { skipped: 1000, span: 500 } // ms

export const title = `Calls of add(a, b) of an instance with two fields, ${IN_FLIGHT} in flight`
export const rounds = 5

export const measures = [
  { key: 'callsPerSecond', label: 'calls/s', better: 'more', digits: 0 },
  { key: 'cpu', label: 'CPU of the calling thread, µs/call', better: 'less', digits: 1 },
]

export const groups = RUNTIMES.flatMap((runtime) => [
  group(runtime, { runtime, workers: 2, inFlight: IN_FLIGHT }, [
    ours(),
    ...peers(runtime),
    ...tuned(runtime),
    floor(),
    batchedFloor(),
  ]),
  group(`${runtime}, 4 workers`, { runtime, workers: 4, inFlight: IN_FLIGHT }, [
    ours(),
    ...peers(runtime),
    floor(),
    batchedFloor(),
  ]),
])

/** Settings that make a library faster here. They are shown, but they are not those of its README. */
function tuned(runtime) {
  const names = runtime === 'threads' ? ['piscina', 'tinypool'] : ['tinypool']
  return names.map((name) => [`${name}, 64 tasks a worker`, 'tuned', name, { concurrentTasksPerWorker: 64 }])
}

/** Runs in the contender's own process. */
export async function measure({ call }, { quick, options: { inFlight } }) {
  await warmUp(call, inFlight)
  let calls = 0
  let running = true
  let enough
  const done = new Promise((resolve) => (enough = resolve))
  const lane = async (a) => {
    for (let b = 0; running; b++) {
      check(await call(a, b), a + b)
      if (++calls === MOST.calls) enough()
    }
  }
  const lanes = Promise.all(Array.from({ length: inFlight }, (_, a) => lane(a)))
  const pause = (time) => Promise.race([sleep(time), lanes]) // a loop that throws ends the measurement
  if (quick) await pause(QUICK.skipped)
  const [from, cpu, before] = [performance.now(), threadCpu(), calls]
  if (quick) await pause(QUICK.span)
  else await Promise.race([pause(MOST.ms), done])
  const [made, ms] = [calls - before, performance.now() - from]
  const cost = cpu === null ? null : (threadCpu() - cpu) / made
  running = false
  await lanes
  return { callsPerSecond: made / (ms / 1000), cpu: cost }
}
