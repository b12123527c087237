// npm run bench -- [bench …] [--quick] [--rounds n] [--only text] [--no-build] [--no-save] [--report]      (see README.md)
import { readdirSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { peerVersions, prepare } from './harness/prepare.mjs'
import { runRounds } from './harness/rounds.mjs'
import { writeReport } from './report/report.mjs'
import { latest, save } from './report/saved.mjs'
import { summarize } from './report/summary.mjs'
import { renderBench, renderVerdicts } from './report/table.mjs'
import { renderTripwire, tripped, writeCounts } from './report/tripwire.mjs'
import { verdicts } from './report/verdicts.mjs'
import { rows } from './rows.mjs'

const ROUNDS = 5
const QUICK_ROUNDS = 3

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string', default: '' },
    report: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
    'no-save': { type: 'boolean', default: false },
  },
})

const all = readdirSync(fileURLToPath(new URL('benches/', import.meta.url))).map((file) => file.replace(/\.mjs$/, ''))
const ofTable = [...new Set(rows.map(({ from: [bench] }) => bench)), 'curve']
const unknown = positionals.filter((name) => !all.includes(name))
if (unknown.length) throw new RangeError(`Expected benches among ${all.join(', ')}, got ${unknown.join(', ')}`)
const asked = flags.rounds === undefined ? undefined : Number(flags.rounds)
if (asked !== undefined && (!Number.isInteger(asked) || asked < 1))
  throw new RangeError(`Expected --rounds to be a count, got ${flags.rounds}`)

if (flags.report) await writeReport(latest())
else if (flags.quick) await checkQuickly()
else await measureAll(positionals.length ? positionals : ofTable)

/** Measures benches, prints a table of each and the table of targets, and saves the figures. */
async function measureAll(names) {
  prepare({ build: !flags['no-build'], peers: true })
  console.log(`Node ${process.version} · ${cpus()[0]?.model}, ${availableParallelism()} cores\n`)
  const keep = !flags.only && !flags['no-save']
  const measured = {}
  for (const name of names) {
    const bench = await load(name, ({ name, module }) => `${name} ${module}`.includes(flags.only))
    const before = loadavg()[0]
    const rounds = await run(bench, asked ?? bench.rounds ?? ROUNDS)
    const summary = summarize(bench, rounds)
    console.log(`${bench.title}\n${rounds.length === 1 ? 'one round' : `medians of ${rounds.length} rounds`}\n`)
    console.log(`${renderBench(bench, summary)}\n`)
    measured[name] = { ...bench, rounds }
    if (keep) save(bench, { load: before, rounds, summary, peers: peerVersions() })
  }
  const results = verdicts(rows, measured)
  if (results.length) console.log(`Target and measured\n\n${renderVerdicts(results)}\n`)
  if (keep) await writeReport(latest())
}

/**
 * Measures pebble-ts and the floors only, and fails if pebble-ts is far slower than the floor. It ends after the first round
 * in which every row has passed.
 */
async function checkQuickly() {
  prepare({ build: !flags['no-build'], peers: false })
  const checked = rows.filter((row) => row.tripwire)
  const measured = {}
  for (const name of new Set(checked.map(({ from: [bench] }) => bench))) {
    const own = checked.filter(({ from }) => from[0] === name)
    const bench = await load(name, ({ role }) => role === 'ours' || role === 'floor')
    const groups = bench.groups.filter((group) => own.some(({ from }) => from[1] === group.name))
    measured[name] = { groups, rounds: [] }
    for (let round = 0; round < (asked ?? QUICK_ROUNDS); round++) {
      measured[name].rounds.push(...(await run({ ...bench, groups }, 1)))
      if (tripped(own, measured).every(({ passed }) => passed)) break
    }
  }
  const results = tripped(checked, measured)
  console.log(renderTripwire(results))
  writeCounts(results)
  if (results.some(({ passed }) => !passed)) process.exitCode = 1
}

async function load(name, chosen) {
  const bench = await import(`./benches/${name}.mjs`)
  return {
    name,
    title: bench.title,
    program: bench.program ?? 'contender.mjs',
    measures: bench.measures,
    groups: bench.groups.map((group) => ({ ...group, contenders: group.contenders.filter(chosen) })),
    nodeFlags: bench.nodeFlags ?? [],
    rounds: bench.rounds,
  }
}

async function run(bench, rounds) {
  const onStart = ({ round, group, contender }) => {
    if (!process.stderr.isTTY) return
    const at = `${bench.name} · round ${round + 1} of ${rounds} · ${group} · ${contender.name}`
    process.stderr.write(`\r\x1b[K${at}`)
  }
  const results = await runRounds(bench, { rounds, quick: flags.quick, onStart })
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  if (!flags.quick && results.some((round) => Object.values(round).some(({ error }) => error))) process.exitCode = 1
  return results
}
