import { setImmediate as turn } from 'node:timers/promises'
import * as bodies from '../dist/bodies.js'
import { census, growth } from './census.mjs'
import { Loads } from './loads.mjs'
import { actions } from './plan.mjs'
import { describeProcess, taggedBy } from './proc.mjs'
import { ENDING, Rigs } from './rigs.mjs'
import { strikes } from './strikes.mjs'
import { sleep, until } from './waits.mjs'

/** Calls without an outcome at the most, until more are made. */
const IN_FLIGHT = 150
/** How long processes may take to be gone, and handles to be closed, after their pools have ended, in ms. */
const LEAVING = 5_000
/** What the heap may grow by between the first round and the last, in bytes: code that is compiled later, caches. */
const HEAP = 6 * 2 ** 20

/** Runs the plan of a seed in rounds; after each, everything has ended, and is counted. */
export async function runChaos({ seed, seconds, round, kinds }, ledger) {
  const end = performance.now() + seconds * 1000
  const result = { rounds: 0, orphans: [], leaks: [], unsettled: 0, late: [], steps: 0, pools: [] }
  const rigs = new Rigs({ seed, kinds, ledger, bodies })
  const loads = new Loads({ ledger, rigs, bodies })
  const plan = actions(seed)
  let before
  for (;;) {
    const last = await runRound(plan, Math.min(end, performance.now() + round * 1000), { loads, ledger, result })
    await finishRound({ rigs, loads, ledger, result })
    const now = await settledCensus(ledger, before)
    if (before) result.leaks.push(...leaksBetween(before, now))
    before ??= now
    result.figures = { before, now }
    result.rounds += 1
    if (!last || performance.now() > end || result.leaks.length > 0 || result.unsettled > 0) break
    rigs.open()
  }
  Object.assign(result, ledger.audit())
  return result
}

/** `false` where calls do not settle any more: there is no point in going on. */
async function runRound(plan, end, { loads, ledger, result }) {
  while (performance.now() < end) {
    const { what, pause } = plan.next().value
    loads.run(what)
    result.steps += 1
    if (pause > 0) await sleep(pause)
    else await turn()
    if (!(await until(() => ledger.open.size < IN_FLIGHT, ENDING))) return false
  }
  return true
}

async function finishRound({ rigs, loads, ledger, result }) {
  strikes.wakeAll()
  loads.finish()
  const ended = rigs.endOwn('close')
  await until(() => ledger.open.size === 0, ENDING)
  result.unsettled = ledger.open.size
  if (result.unsettled > 0) result.pools = rigs.stats()
  result.late.push(...(await ended))
  loads.finish() // what readers have left since
  result.late.push(...(await rigs.endShared())) // last: a call that waited for a lock comes late to these
  await until(() => taggedBy(`PEBBLE_CHAOS=${ledger.folder}`).length === 0, LEAVING)
  const orphans = taggedBy(`PEBBLE_CHAOS=${ledger.folder}`)
  result.orphans.push(...orphans.map(describeProcess))
  for (const pid of orphans) process.kill(pid, 'SIGKILL') // ours: nothing of this run is left behind
}

/** Handles close a moment after what they belonged to. */
async function settledCensus(ledger, before) {
  let now
  for (const end = performance.now() + LEAVING; ;) {
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

/** What is in one list and not in the other, by number too. */
function newIn(before, now) {
  const known = [...before]
  return now.filter((item) => {
    const at = known.indexOf(item)
    if (at >= 0) known.splice(at, 1)
    return at < 0
  })
}
