/**
 * In a pool of one worker, a limit stops a body that never returns while the next call waits. The figure is the time until
 * the next call has its result, which requires a new worker.
 */
import { performance } from 'node:perf_hooks'

const LIMIT = 300 // ms
const FEWEST = 3 // timeouts; more if they fit in `SPAN`
const SPAN = 3000 // ms

export const title = `From a timeout to the next result, one worker, limit ${LIMIT} ms`
export const rounds = 1

export const measures = [
  { key: 'late', label: 'delay of the timeout, ms', better: 'less', digits: 1 },
  { key: 'first', label: 'next result, first time, ms', better: 'less', digits: 1 },
  { key: 'later', label: 'next result, later, ms', better: 'less', digits: 1 },
]

export const groups = [
  group('threads', {
    'pebble-ts': ['pool', 'ours'],
    piscina: ['limited-piscina', 'peer'],
    workerpool: ['limited-workerpool', 'peer'],
  }),
  group('processes', { 'pebble-ts': ['pool', 'ours'], workerpool: ['limited-workerpool', 'peer'] }),
]

/** Runs in the contender's own process. */
export async function measure({ call, hang }, { quick }) {
  if ((await call(1, 2)) !== 3) throw new Error('Expected 3')
  const end = performance.now() + (quick ? SPAN / 3 : SPAN)
  const runs = []
  while (runs.length < FEWEST || performance.now() < end) runs.push(await recover(call, hang))
  const [first, ...later] = runs
  return {
    late: median(runs.map(({ late }) => late)),
    first: first.recovered,
    later: median(later.map(({ recovered }) => recovered)),
  }
}

async function recover(call, hang) {
  const from = performance.now()
  const told = hang(LIMIT).then(
    () => Promise.reject(new Error('A body that never returns has returned')),
    () => performance.now(),
  )
  const next = call(20, 22).then((value) => {
    if (value !== 42) throw new Error(`Expected 42, got ${value}`)
    return performance.now()
  })
  const [toldAt, doneAt] = await Promise.all([told, next])
  return { late: toldAt - from - LIMIT, recovered: doneAt - toldAt }
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]

function group(runtime, contenders) {
  return {
    name: runtime,
    contenders: Object.entries(contenders).map(([name, [module, role]]) => ({
      name,
      module,
      options: { runtime, workers: 1 },
      role,
    })),
  }
}
