import { setImmediate as turn } from 'node:timers/promises'
import * as bodies from '../dist/bodies.js'
import { census, growth } from './census.mjs'
import { Loads } from './loads.mjs'
import { actions } from './plan.mjs'
import { describeProcess, taggedBy } from './proc-files.mjs'
import { END_LIMIT, PoolSlots } from './pool-slots.mjs'
import { outsideSignals } from './outside-signals.mjs'
import { sleep, until } from './waits.mjs'

/** The highest number of calls without an outcome. At this number, the run waits before it makes more calls. */
const IN_FLIGHT = 150
/** How long processes may take to exit and handles to close after their pools have ended, in ms. */
const EXIT_LIMIT = 5_000
/** How much the heap may grow between the first round and the last, in bytes: code that is compiled later, caches. */
const HEAP = 6 * 2 ** 20

/** Runs the plan of a seed in rounds. After each round, all pools have ended, and the resources are counted. */
export async function runChaos({ seed, seconds, round, kinds }, ledger) {
  const end = performance.now() + seconds * 1000
  const result = { rounds: 0, orphans: [], leaks: [], unsettled: 0, late: [], steps: 0, pools: [] }
  const poolSlots = new PoolSlots({ seed, kinds, ledger, bodies })
  const loads = new Loads({ ledger, poolSlots, bodies })
  const plan = actions(seed)
  let before
  for (;;) {
    const last = await runRound(plan, Math.min(end, performance.now() + round * 1000), { loads, ledger, result })
    await finishRound({ poolSlots, loads, ledger, result })
    const now = await settledCensus(ledger, before)
    if (before) result.leaks.push(...leaksBetween(before, now))
    before ??= now
    result.figures = { before, now }
    result.rounds += 1
    if (!last || performance.now() > end || result.leaks.length > 0 || result.unsettled > 0) break
    poolSlots.open()
  }
  Object.assign(result, ledger.audit())
  return result
}

/** Returns `false` if calls no longer settle. Then the run ends. */
async function runRound(plan, end, { loads, ledger, result }) {
  while (performance.now() < end) {
    const { what, pause } = plan.next().value
    loads.run(what)
    result.steps += 1
    if (pause > 0) await sleep(pause)
    else await turn()
    if (!(await until(() => ledger.open.size < IN_FLIGHT, END_LIMIT))) return false
  }
  return true
}

async function finishRound({ poolSlots, loads, ledger, result }) {
  outsideSignals.wakeAll()
  loads.finish()
  const ended = poolSlots.endOwn('close')
  await until(() => ledger.open.size === 0, END_LIMIT)
  result.unsettled = ledger.open.size
  if (result.unsettled > 0) result.pools = poolSlots.stats()
  result.late.push(...(await ended))
  loads.finish() // again: streams and maps that were dropped while the pools ended
  result.late.push(...(await poolSlots.endShared())) // last, because a call that waits for a lock reaches the shared pools late
  await until(() => taggedBy(`PEBBLE_CHAOS=${ledger.folder}`).length === 0, EXIT_LIMIT)
  const orphans = taggedBy(`PEBBLE_CHAOS=${ledger.folder}`)
  result.orphans.push(...orphans.map(describeProcess))
  for (const pid of orphans) process.kill(pid, 'SIGKILL') // they carry the tag of this run, so they are ours
}

/** Counts until there are no leaks, because handles close a moment after their owners. */
async function settledCensus(ledger, before) {
  let now
  for (const end = performance.now() + EXIT_LIMIT; ;) {
    now = await census(ledger.folder)
    if (!before || leaksBetween(before, now).length === 0 || performance.now() > end) return now
    await sleep(100)
  }
}

function leaksBetween(before, now) {
  const leaks = []
  for (const [name, more] of growth(before.handles, now.handles)) leaks.push(`${more} ${name}`)
  for (const [name, more] of growth(before.listeners, now.listeners)) leaks.push(`${more} listeners of ${name}`)
  if (now.files.length > before.files.length) leaks.push(`open files: ${newIn(before.files, now.files).join(', ')}`)
  if (now.temporary > before.temporary) leaks.push(`${now.temporary - before.temporary} temporary files`)
  const heap = now.heap - before.heap
  if (heap > HEAP) leaks.push(`${heap} bytes of heap`)
  const buffers = now.buffers - before.buffers
  if (buffers > HEAP) leaks.push(`${buffers} bytes of buffers`)
  return leaks
}

/** The items of `now` that are not in `before`. Equal items are counted. */
function newIn(before, now) {
  const known = [...before]
  return now.filter((item) => {
    const at = known.indexOf(item)
    if (at >= 0) known.splice(at, 1)
    return at < 0
  })
}
