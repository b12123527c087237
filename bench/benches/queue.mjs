/**
 * A million calls in one loop, which is a very long queue. The figures show the memory of each waiting call in the parent,
 * the time of all calls, and whether a call costs more in a long queue than in a short one. The cost is the CPU time of the
 * parent and its threads, because other programs affect CPU time less than elapsed time.
 */
import { performance } from 'node:perf_hooks'

const LONG = 1_000_000
const SHORT = 10_000
const WORKERS = 2

export const title = `${LONG.toLocaleString('en')} queued calls of add(a, b), ${WORKERS} workers`
export const rounds = 1
export const nodeFlags = ['--expose-gc']

export const measures = [
  { key: 'held', label: 'bytes held/call', better: 'less', digits: 0 },
  { key: 'peak', label: 'peak RSS, bytes/call', better: 'less', digits: 0 },
  { key: 'seconds', label: 'made and drained, s', better: 'less', digits: 1 },
  { key: 'short', label: 'CPU µs/call, 10k queued', better: 'less', digits: 2 },
  { key: 'long', label: 'CPU µs/call, 1M queued', better: 'less', digits: 2 },
  { key: 'growth', label: '1M : 10k', better: 'less', digits: 2 },
]

export const groups = ['threads', 'processes'].map((runtime) => ({
  name: runtime,
  contenders: [{ name: 'pebble-ts schedule', module: 'pool', options: { runtime, workers: WORKERS }, role: 'ours' }],
}))

/** Runs in the contender's own process. */
export async function measure({ pool, call }, { quick }) {
  const count = quick ? LONG / 5 : LONG
  for (let i = 0; i < 10; i++) await flood(call, SHORT) // warm-up: starts both workers and compiles the code
  const floods = count / SHORT / 4
  const short = [await shortQueues(call, floods)]
  gc()
  const before = process.memoryUsage()
  const long = await flood(call, count, () => {
    if (pool.stats().queued < count * 0.99) throw new Error(`Only ${pool.stats().queued} of ${count} calls are queued`)
    gc()
    return process.memoryUsage().heapUsed
  })
  short.push(await shortQueues(call, floods)) // measured before and after, because the speed of the machine changes
  const [shortCost, longCost] = [(short[0] + short[1]) / 2, long.cost / count]
  return {
    held: (long.seen - before.heapUsed) / count,
    peak: (process.resourceUsage().maxRSS * 1024 - before.rss) / count,
    seconds: long.ms / 1000,
    short: shortCost,
    long: longCost,
    growth: longCost / shortCost,
  }
}

/** CPU time per call in µs, over `times` bursts. */
async function shortQueues(call, times) {
  let cost = 0
  for (let i = 0; i < times; i++) cost += (await flood(call, SHORT)).cost
  return cost / times / SHORT
}

/** Makes `count` calls at once and waits for all. `look` runs when all calls are queued. Its time does not count. */
async function flood(call, count, look = () => undefined) {
  let [left, sum] = [count, 0]
  const from = now()
  const looking = { ms: 0, cost: 0 }
  let seen
  await new Promise((resolve, reject) => {
    const add = (value) => {
      sum += value
      if (--left === 0) resolve()
    }
    for (let i = 0; i < count; i++) call(i, 1).then(add, reject)
    const before = now()
    seen = look()
    Object.assign(looking, since(before))
  })
  const all = since(from)
  const expected = (count * (count - 1)) / 2 + count
  if (sum !== expected) throw new Error(`Expected the results to add up to ${expected}, got ${sum}`)
  return { ms: all.ms - looking.ms, cost: all.cost - looking.cost, seen }
}

const now = () => ({ ms: performance.now(), cpu: process.cpuUsage() })

/** `ms` is elapsed time. `cost` is CPU time in µs. */
function since({ ms, cpu }) {
  const { user, system } = process.cpuUsage(cpu)
  return { ms: performance.now() - ms, cost: user + system }
}
