/**
 * In a pool of one worker, a limit stops a body that never returns while the next call waits. The figure is the time until
 * the next call has its result, which requires a new worker. The first limit is so short that there is no time to start
 * another worker before it passes. The second one leaves time for that: a library may have a spare worker by then.
 */
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { check } from '../harness/check.mjs'
import { group, ours, peers, RUNTIMES } from '../harness/groups.mjs'
import { warmUp } from '../harness/warm-up.mjs'

const SHORT = 30 // ms
const LONG = 500 // ms
const REST = 500 // ms between the two

export const title = `From a timeout to the next result, one worker, limits of ${SHORT} and ${LONG} ms`
export const rounds = 3

export const measures = [
  { key: 'late', label: 'delay of the timeout, ms', better: 'less', digits: 1 },
  { key: 'first', label: 'next result, first timeout, ms', better: 'less', digits: 1 },
  { key: 'spare', label: 'next result, with time for a spare, ms', better: 'less', digits: 1 },
]

/** The libraries that can stop a body that runs. */
const PEERS = ['piscina', 'tinypool', 'workerpool']

export const groups = RUNTIMES.map((runtime) =>
  group(runtime, { runtime, workers: 1 }, [ours('pool'), ...peers(runtime, PEERS), ['floor', 'floor', 'raw-limited']]),
)

/** Runs in the contender's own process. */
export async function measure({ call, hang }) {
  await warmUp(call)
  const first = await recover(call, hang, SHORT)
  await sleep(REST)
  const second = await recover(call, hang, LONG)
  return { late: second.late, first: first.recovered, spare: second.recovered }
}

async function recover(call, hang, limit) {
  const from = performance.now()
  const told = hang(limit).then(
    () => Promise.reject(new Error('A body that never returns has returned')),
    () => performance.now(),
  )
  const next = call(20, 22).then((value) => {
    check(value, 42)
    return performance.now()
  })
  const [toldAt, doneAt] = await Promise.all([told, next])
  return { late: toldAt - from - limit, recovered: doneAt - toldAt }
}
