import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const BENCH = fileURLToPath(new URL('../', import.meta.url))
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const require = createRequire(import.meta.url)
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
const { dependencies } = JSON.parse(readFileSync(`${BENCH}package.json`, 'utf8'))

/** Prepares a fresh clone: installs the other libraries if `peers`, and builds the library and the bench sources. */
export function prepare({ build, peers }) {
  if (peers && !Object.keys(dependencies).every((name) => existsSync(`${BENCH}node_modules/${name}`))) {
    run(npm, ['install', '--prefix', BENCH, '--no-audit', '--no-fund'], BENCH)
  }
  if (!existsSync(`${ROOT}node_modules/typescript`)) run(npm, ['install', '--no-audit', '--no-fund'], ROOT)
  // A link, because npm would also install into the library's own node_modules for a `file:..` dependency.
  mkdirSync(`${BENCH}node_modules`, { recursive: true })
  if (!existsSync(`${BENCH}node_modules/pebble-ts`)) symlinkSync(ROOT, `${BENCH}node_modules/pebble-ts`, 'junction')
  if (build) run(npm, ['run', 'build', '--silent'], ROOT)
  if (!build && existsSync(`${BENCH}dist`)) return
  run(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', BENCH], BENCH)
}

/** The installed versions of the other libraries. */
export function peerVersions() {
  return Object.fromEntries(
    Object.keys(dependencies).map((name) => [
      name,
      JSON.parse(readFileSync(`${BENCH}node_modules/${name}/package.json`, 'utf8')).version,
    ]),
  )
}

function run(file, args, cwd) {
  execFileSync(file, args, { cwd, stdio: ['ignore', 2, 2] })
}
