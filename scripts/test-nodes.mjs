// Runs the fast specs on each version of Node.js in spec/node-versions/package.json, one after the other.
// `npm run test:nodes -- 22 26` runs them only on these versions. If RESULTS is set, it is the folder for the results: a JSON file per version.
// If WITHIN is set, to a number of seconds, versions that would take longer are left out, and named in left-out.txt of RESULTS.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { binOf, installVersions, versions as known } from './node-versions.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const jest = createRequire(import.meta.url).resolve('jest/bin/jest')

/**
 * The folders of spec/ that depend on the version of Node.js: workers, modules, values, timers. The suites of whole
 * pools take some minutes and run on one version only.
 */
const FOLDERS = [
  ...['calls', 'channel', 'decorators', 'diagnostics', 'dispatch', 'futures', 'registry', 'signals'],
  ...['utils', 'wire', 'worker'],
]
const POOLS = 'pools/(?!process-pool|thread-pool)'

const versions = process.argv.length > 2 ? process.argv.slice(2) : known
const unknown = versions.find((version) => !known.includes(version))
if (unknown !== undefined) fail(`Expected versions among ${known.join(', ')}, got ${unknown}.`)

if (!installVersions()) fail('Cannot install the versions of Node.js.')

const until = performance.now() + 1000 * Number(process.env.WITHIN ?? Infinity)
/** How long the longest version took, in ms; a guess at first. */
let longest = 240_000
const failed = []
for (const [at, version] of versions.entries()) {
  if (performance.now() + longest > until) {
    leaveOut(versions.slice(at))
    break
  }
  const started = performance.now()
  if (!passes(version)) failed.push(version)
  longest = Math.max(longest, performance.now() - started)
}
if (failed.length > 0) fail(`The specs fail on Node.js ${failed.join(', ')}.`)

/** Runs the specs on one version. PATH makes programs that specs start by name use the same version. Workers use `process.execPath`. */
function passes(version) {
  const bin = binOf(version)
  const node = join(bin, 'node')
  console.log(`Node.js ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()}`)
  const { RESULTS } = process.env
  const report = RESULTS === undefined ? [] : ['--json', '--outputFile', join(RESULTS, `node${version}.json`)]
  const args = [jest, '--maxWorkers=3', `^${join(root, 'spec')}/(?:(?:${FOLDERS.join('|')})/|${POOLS})`, ...report]
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }
  return spawnSync(node, args, { cwd: root, stdio: 'inherit', env }).status === 0
}

function leaveOut(rest) {
  const text = `specs on Node.js ${rest.join(' and ')} left out, because the time was short`
  console.log(text)
  if (process.env.RESULTS !== undefined) writeFileSync(join(process.env.RESULTS, 'left-out.txt'), text)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
