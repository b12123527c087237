// Runs the fast specs on each version of Node.js in spec/node-versions/package.json, one after the other.
// `npm run test:nodes -- 22 26` runs them only on these versions. If RESULTS is set, it is the folder for the results: a JSON file per version.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { binOf, installVersions, versions as known } from './node-versions.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const jest = createRequire(import.meta.url).resolve('jest/bin/jest')

/**
 * The folders of spec/ that depend on the version of Node.js: workers, modules, values, timers. The two suites of whole
 * pools take three minutes each and run on one version only.
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

const failed = versions.filter((version) => !passes(version))
if (failed.length > 0) fail(`The specs fail on Node.js ${failed.join(', ')}.`)

/** Runs the specs on one version. PATH makes programs that specs start by name use the same version. Workers use `process.execPath`. */
function passes(version) {
  const bin = binOf(version)
  const node = join(bin, 'node')
  console.log(`Node.js ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()}`)
  const { RESULTS } = process.env
  const report = RESULTS === undefined ? [] : ['--json', '--outputFile', join(RESULTS, `node${version}.json`)]
  const args = [jest, '--maxWorkers=2', `^${join(root, 'spec')}/(?:(?:${FOLDERS.join('|')})/|${POOLS})`, ...report]
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }
  return spawnSync(node, args, { cwd: root, stdio: 'inherit', env }).status === 0
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
