/** Packs the library once, and installs it for each group of consumers. */
import { cpSync, mkdirSync, readFileSync, writeFileSync, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './commands.mjs'
import { groups } from './matrix.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SOURCES = join(ROOT, 'spec', 'consumers', 'matrix')
const QUIET = ['--no-audit', '--no-fund', '--silent', '--prefer-offline']
const PNPM = 'pnpm@10.34.8'

const MANAGERS = {
  npm: ['npm', ['install', ...QUIET]],
  linked: ['npm', ['install', ...QUIET, '--install-strategy=linked']],
  pnpm: ['npx', ['--yes', PNPM, 'install', '--prefer-offline', '--silent', '--ignore-scripts']],
}

/** @returns the path of the tarball */
export async function packLibrary(folder) {
  const output = await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT })
  return join(folder, output.trim().split('\n').at(-1))
}

/** @returns a function that installs a group, once, and resolves to its folder */
export function groupInstaller(folder, tarball) {
  const installed = new Map()
  return (name) => {
    if (!installed.has(name)) installed.set(name, install(join(folder, name), groups[name], tarball))
    return installed.get(name)
  }
}

async function install(folder, { manager = 'npm', dependencies, sources = [] }, tarball) {
  mkdirSync(folder)
  copySources(sources, folder)
  const file = join(folder, 'package.json')
  const own = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { name: 'consumers', private: true }
  writeFileSync(file, JSON.stringify({ ...own, dependencies: { ...dependencies, 'pebble-ts': `file:${tarball}` } }))
  const [command, args] = MANAGERS[manager]
  await run(command, args, { cwd: folder })
  return folder
}

/** @param sources paths below spec/consumers/matrix: the content of a folder, or [file, target] */
export function copySources(sources, folder) {
  for (const source of sources) {
    const [from, to] = typeof source === 'string' ? [source, '.'] : source
    mkdirSync(dirname(join(folder, to)), { recursive: true })
    cpSync(join(SOURCES, from), join(folder, to), { recursive: true })
  }
}
