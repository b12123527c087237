// npm run bench -- [bench …] [--quick] [--rounds n] [--only text] [--no-build] [--no-save]      (see README.md)
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { peerVersions, prepare } from './harness/prepare.mjs'
import { runRounds } from './harness/rounds.mjs'
import { summarize } from './harness/summary.mjs'
import { render } from './harness/table.mjs'

const HERE = fileURLToPath(new URL('./', import.meta.url))
const all = readdirSync(`${HERE}benches`).map((file) => file.replace(/\.mjs$/, ''))
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string', default: '' },
    'no-build': { type: 'boolean', default: false },
    'no-save': { type: 'boolean', default: false },
  },
})

const unknown = positionals.filter((name) => !all.includes(name))
if (unknown.length) throw new RangeError(`Expected benches among ${all.join(', ')}, got ${unknown.join(', ')}`)
const rounds = Number(flags.rounds ?? (flags.quick ? 2 : 5))
const budget = flags.rounds ? Infinity : 170_000 // ms for the rounds of one bench
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`Expected --rounds to be a count, got ${flags.rounds}`)

prepare({ build: !flags['no-build'] })
for (const name of positionals.length ? positionals : all) await runBench(await load(name))

async function load(name) {
  const bench = await import(`./benches/${name}.mjs`)
  const chosen = ({ name, module }) => `${name} ${module}`.includes(flags.only)
  const groups = bench.groups.map((group) => ({ ...group, contenders: group.contenders.filter(chosen) }))
  return {
    name,
    title: bench.title,
    measures: bench.measures,
    groups,
    nodeFlags: bench.nodeFlags ?? [],
    rounds: roundsOf(bench),
  }
}

/** A bench with stable figures may set fewer rounds than the default. */
function roundsOf(bench) {
  return flags.rounds ? rounds : Math.min(rounds, bench.rounds ?? Infinity)
}

async function runBench(bench) {
  console.log(`${bench.title} · Node ${process.version} · ${cpus()[0]?.model}, ${availableParallelism()} cores\n`)
  const load = loadavg()[0]
  const results = await runRounds(bench, {
    rounds: bench.rounds,
    budget,
    quick: flags.quick,
    onStart: (at) => report(bench, at),
  })
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  const summary = summarize(bench, results)
  console.log(`${results.length === 1 ? 'one round' : `medians of ${results.length} rounds`}\n`)
  console.log(`${render(bench, summary)}\n`)
  if (results.some((round) => Object.values(round).some(({ error }) => error))) process.exitCode = 1
  if (!flags.quick && !flags.only && !flags['no-save']) save(bench, { load, results, summary })
}

function report(bench, { round, group, contender }) {
  if (process.stderr.isTTY)
    process.stderr.write(`\r\x1b[K${bench.name} · round ${round + 1} of ${bench.rounds} · ${group} · ${contender.name}`)
}

function save({ name, title, measures }, { load, results, summary }) {
  const date = new Date().toISOString()
  const about = {
    bench: name,
    title,
    date,
    commit: commit(),
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
    load,
    peers: peerVersions(),
  }
  const file = `${HERE}results/${date.slice(0, 16).replace(':', '')}-${name}.json`
  mkdirSync(`${HERE}results`, { recursive: true })
  writeFileSync(file, `${JSON.stringify({ ...about, measures, summary, rounds: results }, null, 2)}\n`)
  console.log(`saved in ${file}`)
}

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: HERE, encoding: 'utf8' }).trim()
  } catch {
    return null
  }
}
