// npm run mutation [-- area … [--only file.ts]]      (areas: areas.mjs; details: docs/reliability.md)
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { areas } from './areas.mjs'

const HERE = fileURLToPath(new URL('./', import.meta.url))
const ROOT = fileURLToPath(new URL('../', import.meta.url))
const { values: flags, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' } } })
const unknown = positionals.filter((name) => !(name in areas))
if (unknown.length)
  throw new RangeError(`Expected areas among ${Object.keys(areas).join(', ')}, got ${unknown.join(', ')}`)

if (!existsSync(`${HERE}node_modules`)) run('npm', ['ci', '--no-audit', '--no-fund'], HERE)
const scores = {}
for (const name of positionals.length ? positionals : Object.keys(areas)) {
  const { mutate, specs } = areas[name]
  const report = `mutation/reports/${name}.json`
  rmSync(ROOT + report, { force: true })
  const files = flags.only ? [flags.only] : mutate
  const env = { SPECS: JSON.stringify(specs), MUTATE: JSON.stringify(files), REPORT: report }
  run(`${HERE}node_modules/.bin/stryker`, ['run', 'mutation/stryker.config.mjs'], ROOT, env)
  scores[name] = score(JSON.parse(readFileSync(ROOT + report, 'utf8')))
}
console.table(scores)
if (Object.values(scores).some(({ percent }) => percent < 80)) process.exitCode = 1

/** Runs a command and waits for its end. */
function run(command, args, cwd, env) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } })
  if (error || status !== 0) throw error ?? new Error(`${command} ${args.join(' ')} exited with ${status}`)
}

/** The score: the detected mutants as a percentage of all valid mutants. */
function score({ files }) {
  const counts = { Killed: 0, Timeout: 0, Survived: 0, NoCoverage: 0 }
  for (const { mutants } of Object.values(files))
    for (const { status } of mutants) if (status in counts) counts[status] += 1
  const { Killed: killed, Timeout: hung, Survived: survived, NoCoverage: uncovered } = counts
  const all = killed + hung + survived + uncovered
  return { killed, hung, survived, uncovered, percent: Math.round((1000 * (killed + hung)) / all) / 10 }
}
