import { describe } from './ledger.mjs'
import { outsideSignals } from './outside-signals.mjs'

const SHOWN = 20

/** Prints the result of a run. Returns whether it passed. */
export function report({ seed, seconds, kinds }, ledger, result) {
  const { twice, overlaps, orphans, leaks, unsettled, late } = result
  const zeros = {
    'executed more than once': twice.length + overlaps.length,
    'never settled': unsettled + late.length,
    orphans: orphans.length,
    leaks: leaks.length,
    'not what was ordered': ledger.unexplained.length,
  }
  const { before, now } = result.figures
  print({
    [`chaos, seed ${seed}, ${seconds} s, ${kinds.join(' and ')}`]: '',
    steps: result.steps,
    rounds: result.rounds,
    'signals from outside': outsideSignals.count,
    'calls accepted': ledger.accepted,
    ...Object.fromEntries([...ledger.classes].sort().map(([name, count]) => [`  ${name}`, count])),
    'heap after the first round, at the end': `${mb(before.heap)} → ${mb(now.heap)}`,
    buffers: `${mb(before.buffers)} → ${mb(now.buffers)}`,
    'open files': `${before.files.length} → ${now.files.length}`,
    ...zeros,
  })
  const passed = Object.values(zeros).every((count) => count === 0)
  if (!passed) explain({ seed, ledger, result })
  return passed
}

function explain({ seed, ledger, result }) {
  list('ran more than once, by id', result.twice)
  list('held the lock at the same time as another call, by id', result.overlaps)
  list(
    'never settled',
    [...ledger.open.values()].map((about) => `${about.order.id} ${describe(about)}; ${about.record.description}`),
  )
  list('pools that did not end', result.late)
  list('orphans', result.orphans)
  list('leaks', result.leaks)
  list('not what was ordered', ledger.unexplained)
  list(
    'pools',
    result.pools.map((stats) => JSON.stringify(stats)),
  )
  console.log(`\nthe last events\n${ledger.lastEvents.join('\n')}`)
  console.log(`\nseed ${seed}`)
}

function list(title, lines) {
  if (lines.length === 0) return
  console.log(`\n${title}`)
  for (const line of lines.slice(0, SHOWN)) console.log(`  ${line}`)
  if (lines.length > SHOWN) console.log(`  … ${lines.length - SHOWN} more`)
}

function print(rows) {
  const width = Math.max(...Object.keys(rows).map((name) => name.length))
  for (const [name, value] of Object.entries(rows)) console.log(`${name.padEnd(width)}  ${value}`.trimEnd())
}

const mb = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MB`
