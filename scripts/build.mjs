// Compiles src/ to dist/ (CommonJS and declarations). Then it writes an ES module for every entry point of package.json. The
// module re-exports the CommonJS file name by name, so that `import` and `require` share one instance.
// If dist/ is newer than all of its sources, it does nothing. `--force` builds in any case.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'src')
const dist = join(root, 'dist')
const stamp = join(dist, '.built')
const require = createRequire(import.meta.url)

if (process.argv.includes('--force') || !isUpToDate()) build()

function build() {
  const started = new Date()
  removeStale()
  const { status } = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', root], {
    cwd: root,
    stdio: 'inherit',
  })
  for (const entry of entries()) wrap(entry)
  if (status !== 0) process.exit(status ?? 1)
  writeFileSync(stamp, started.toISOString())
}

function isUpToDate() {
  if (!existsSync(stamp)) return false
  const built = Date.parse(readFileSync(stamp, 'utf8'))
  const inputs = [
    ...filesUnder(source),
    ...['package.json', 'tsconfig.json', 'scripts/build.mjs'].map((file) => join(root, file)),
  ]
  return inputs.every((file) => statSync(file).mtimeMs < built) && [...staleOutputs()].length === 0
}

/** The entry points: the exports whose `import` condition is an `.mjs` file in dist/ and whose CommonJS file exists. */
function entries() {
  return Object.values(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).exports)
    .map((target) => target.import?.default)
    .filter((file) => file?.startsWith('./dist/') && file.endsWith('.mjs'))
    .map((file) => join(root, file.slice(0, -'.mjs'.length)))
    .filter((file) => existsSync(`${file}.js`))
}

function wrap(entry) {
  const file = `./${basename(entry)}.js`
  const names = Object.keys(require(`${entry}.js`)).filter((name) => name !== 'default')
  const lines = names.map((name) => `export const ${name} = entry.${name}\n`)
  writeFileSync(
    `${entry}.mjs`,
    `import { loadable } from './loadable.mjs'\nimport entry from '${file}'\nif (!loadable) throw new Error()\n${lines.join('')}`,
  )
  writeFileSync(`${entry}.d.mts`, `export * from '${file}'\n`)
}

function removeStale() {
  for (const file of staleOutputs()) rmSync(file)
}

/** Outputs whose sources no longer exist. They would still resolve, and would be part of the package. */
function* staleOutputs() {
  if (!existsSync(dist)) return
  for (const file of filesUnder(dist)) {
    const stem = /^(.*?)(\.d)?\.[cm]?[jt]s(\.map)?$/.exec(relative(dist, file))?.[1]
    if (stem !== undefined && !['.ts', '.mts', '.cts'].some((kind) => existsSync(join(source, stem + kind)))) yield file
  }
}

function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
}
