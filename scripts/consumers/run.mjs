// Installs the packed library into small apps, builds and runs them as users do, and prints a table.
// `npm run consumers` runs those of CI, `-- --all` the others, too; `-- nest11 jest-esm` those whose names begin so.
// The results are in reports/consumers.json; if RESULTS is set, it is the folder for them.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { binOf, installVersions } from '../node-versions.mjs'
import { killAll, run } from './commands.mjs'
import { check } from './expectations.mjs'
import { copySources, groupInstaller, packLibrary } from './install.mjs'
import { consumers } from './matrix.mjs'
import { OWN } from './nodes.mjs'
import { printTable, summaryOf } from './report.mjs'

const AT_A_TIME = 2
const args = process.argv.slice(2)
const all = args.includes('--all')
const names = args.filter((arg) => arg !== '--all')

const started = Date.now()
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pebble-consumers-')))
const rows = []
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    killAll()
    rmSync(folder, { recursive: true, force: true })
    process.exit(1)
  })
}
try {
  await runAll()
  printTable(rows, Date.now() - started)
  writeResults()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = rows.length > 0 && rows.every(({ error }) => error === undefined) ? 0 : 1

async function runAll() {
  const jobs = consumers
    .map((consumer) => ({ consumer, nodes: nodesOf(consumer) }))
    .filter(({ nodes }) => nodes.length > 0)
  if (jobs.length === 0) throw new Error(`Expected the beginning of a consumer's name, got ${names.join(', ')}.`)
  if (jobs.some(({ nodes }) => nodes.some((node) => node !== OWN)) && !installVersions())
    throw new Error('Cannot install the versions of Node.js.')
  const install = groupInstaller(folder, await packLibrary(folder))
  const next = async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await runJob(job, install)
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, next))
}

function nodesOf({ name, nodes: { ci = [], all: rest } }) {
  const whole = [...new Set([...ci, ...rest])]
  if (names.length === 0) return all ? whole : ci
  if (!names.some((start) => name.startsWith(start))) return []
  return all || ci.length === 0 ? whole : ci
}

/** Builds a consumer once, and runs it on each version of Node.js. */
async function runJob({ consumer, nodes }, install) {
  let place
  let error
  try {
    place = await build(consumer, await install(consumer.group))
  } catch (reason) {
    error = reason
  }
  for (const node of nodes) {
    const start = Date.now()
    const row = { consumer: consumer.name, node: node === OWN ? process.versions.node : node }
    const firstCallMs = error
      ? undefined
      : await execute(consumer, place, node).catch((reason) => void (row.error = String(reason)))
    if (error) row.error = String(error)
    rows.push({ ...row, result: row.error === undefined ? 'passed' : 'failed', firstCallMs, ms: Date.now() - start })
    console.log(`${row.error === undefined ? 'passed' : 'FAILED'} ${row.consumer} on Node.js ${row.node}`)
  }
}

/** @returns the folder that the consumer runs in */
async function build({ name, sources = [], inGroup, type, build: commands = [], env, alone }, group) {
  const place = inGroup ? group : join(group, name)
  mkdirSync(place, { recursive: true })
  copySources(sources, place)
  if (type) writeFileSync(join(place, 'package.json'), JSON.stringify({ name, private: true, type }))
  for (const command of commands) await runLine(command, { cwd: place, group, env })
  if (!alone) return { cwd: place, group }
  const elsewhere = join(folder, 'alone', name)
  cpSync(join(place, alone), elsewhere, { recursive: true })
  return { cwd: elsewhere, group: elsewhere }
}

/** @returns how long the first calls took, in ms. @throws if it fails, or sees what it should not */
async function execute(consumer, place, node) {
  if (!consumer.run) return undefined
  const file = join(place.cwd, 'facts.json')
  rmSync(file, { force: true })
  const output = await runLine(consumer.run, {
    ...place,
    env: consumer.env,
    bin: binOf(node === OWN ? undefined : node),
  })
  const facts = JSON.parse(existsSync(file) ? readFileSync(file, 'utf8') : output.trim().split('\n').at(-1))
  check(consumer, facts, output)
  return facts.firstCallMs
}

/** No shell: words are separated by spaces. */
function runLine(line, { cwd, group, env, bin = binOf() }) {
  const [command, ...words] = line.split(' ')
  const path = [bin, join(group, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
  const file = command === 'node' ? join(bin, 'node') : command
  return run(file, words, { cwd, env: { ...env, PATH: path } })
}

function writeResults() {
  const target = process.env.RESULTS ?? fileURLToPath(new URL('../../reports', import.meta.url))
  mkdirSync(target, { recursive: true })
  writeFileSync(join(target, 'consumers.json'), JSON.stringify(summaryOf(rows), null, 2))
}
