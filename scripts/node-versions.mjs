/** The versions of Node.js in spec/node-versions/package.json, beside the one that runs this. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../spec/node-versions', import.meta.url))
const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

/** The major versions: '22', '24' and so on. */
export const versions = Object.keys(dependencies).map((name) => name.slice('node'.length))

/** Installs all of them, unless they are there. @returns whether it worked */
export function installVersions() {
  if (Object.entries(dependencies).every(isInstalled)) return true
  return spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' }).status === 0
}

function isInstalled([name, source]) {
  const file = join(folder, 'node_modules', name, 'package.json')
  const isThere = existsSync(file) && existsSync(join(dirname(file), 'bin', 'node'))
  return isThere && source === `npm:node@${JSON.parse(readFileSync(file, 'utf8')).version}`
}

/** The folder of the executable of a version; without one, that of the Node.js that runs this. */
export function binOf(version) {
  return version === undefined ? dirname(process.execPath) : join(folder, 'node_modules', `node${version}`, 'bin')
}
