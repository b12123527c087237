// Builds src/ into dist/. The library becomes a few CommonJS files, because loading many small ones is most of the time
// that an import takes:
//
//   library/pebble-ts-start.js     loads the next two from V8's code cache
//   library/pebble-ts-program.js   what the entry points need
//   library/pebble-ts-worker.js    what only workers need
//   library/*.js                   what is loaded when it is used
//   tinypool/*.js                  tinypool as CommonJS, which starts faster
//   cli.js, cli/**/*.js    the command `pebble-ts`, and the files that its processes and workers begin with
//   <entry>.js             one for each entry point of package.json, and for each file that a worker begins with
//   <entry>.node.mjs       requires <entry>.js and exports it name by name, so that `import` and `require` share one instance
//   <entry>.mjs            the same for bundlers, which follow an `import`
//   **/*.d.ts              the declarations that the entry points reach
//
// It does nothing if dist/ is newer than everything it is made of; `--force` builds anyway.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transform } from 'esbuild'
import { rollup } from 'rollup'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'src')
const dist = join(root, 'dist')
const stamp = join(dist, '.built')
const require = createRequire(import.meta.url)
const tinypool = dirname(require.resolve('tinypool/package.json'))

/** The files that workers begin with. They share what they load with the entry points. */
const WORKER_ENTRIES = ['worker/thread-entry', 'worker/process-entry', 'worker/open-bundle']
/** The command line, and the files that its processes and workers begin with. Only they use what only they import. */
const CLI = ['cli', 'cli/doctor/examine', 'cli/doctor/probe']
/** The entry points that need optional peers. What only they import stays in their own files. */
const WITH_PEERS = ['nestjs', 'cluster']
/** The files that another loader reads: each holds all that it needs. */
const LOADED_ALONE = ['worker/loading/import-hook', 'worker/loading/test-runner-module']
/** The files of tinypool: the second is where the first looks for it. */
const TINYPOOL = ['index', 'entry/worker']

/** Put into the library, because loading its 13 files takes longer than running it. */
const INLINED = 'abort-controller-x'

/** The first file of the library, and which of its code caches each kind of entry uses (`src/utils/compiled.ts`). */
const START = 'utils/compiled'
const STARTS = [START, 'utils/import-url']
const ROLES = { 'worker/thread-entry': 'thread', 'worker/process-entry': 'process' }

/** What tinypool rarely uses is loaded then: `node:assert` opens stderr, which takes 4 ms. */
const RARE = {
  'node:assert': `const load = () => require('node:assert')
    const assert = (...args) => load()(...args)
    assert.notStrictEqual = (...args) => load().notStrictEqual(...args)
    assert.strictEqual = (...args) => load().strictEqual(...args)
    export default assert`,
  'node:child_process': `export const fork = (...args) => require('node:child_process').fork(...args)`,
}

const FORMAT = {
  format: 'cjs',
  exports: 'named',
  interop: 'auto',
  hoistTransitiveImports: false,
  generatedCode: { preset: 'es2015', symbols: false },
}

const TARGET = { target: 'es2022', format: 'esm' }

if (process.argv.includes('--force') || !isUpToDate()) await build()

async function build() {
  const started = new Date()
  rmSync(dist, { recursive: true, force: true })
  const compiles = compile('-p', root, '--emitDeclarationOnly')
  removeUnreachable()
  const entries = entryPoints()
  await writeLibrary(entries)
  for (const file of LOADED_ALONE) await writeAlone(sourceOf(file), `${file}.js`)
  for (const file of TINYPOOL) await writeAlone(join(tinypool, 'dist', `${file}.js`), `tinypool/${file}.js`)
  copyFileSync(join(tinypool, 'LICENSE'), join(dist, 'tinypool', 'LICENSE'))
  await writeModule('loadable')
  for (const entry of entries) writeWrapper(entry)
  if (!compiles) process.exit(1)
  writeFileSync(stamp, started.toISOString())
}

function isUpToDate() {
  if (!existsSync(stamp)) return false
  const built = Date.parse(readFileSync(stamp, 'utf8'))
  const inputs = [
    ...filesUnder(source),
    ...['package.json', 'tsconfig.json', 'scripts/build.mjs'].map((file) => join(root, file)),
  ]
  return inputs.every((file) => statSync(file).mtimeMs < built)
}

function compile(...args) {
  const { status } = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  return status === 0
}

/** The entry points of package.json whose source is there. */
function entryPoints() {
  return Object.values(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).exports)
    .map((target) => target.import?.default)
    .filter((file) => file?.startsWith('./dist/') && file.endsWith('.mjs'))
    .map((file) => file.slice('./dist/'.length, -'.mjs'.length))
    .filter((entry) => existsSync(join(source, `${entry}.ts`)))
}

async function writeLibrary(entries) {
  const inputs = [...entries, ...WORKER_ENTRIES, ...CLI]
  const bundle = await rollup({
    input: Object.fromEntries(inputs.map((entry) => [entry, sourceOf(entry)])),
    plugins: [typescript(), startFile(), ascii()],
    external: isExternal,
    treeshake: { moduleSideEffects: (id) => !id.includes(INLINED) },
  })
  await bundle.write({
    ...FORMAT,
    dir: dist,
    chunkFileNames: 'library/[name].js',
    manualChunks: chunkOf(
      entries.filter((entry) => !WITH_PEERS.includes(entry)).map(sourceOf),
      WORKER_ENTRIES.map(sourceOf),
    ),
    banner: ({ name }) => (name === 'cli' ? '#!/usr/bin/env node' : ''),
    intro: ({ name }) => (inputs.includes(name) && !CLI.includes(name) ? loadCompiled(name) : ''),
  })
  chmodSync(join(dist, 'cli.js'), 0o755)
}

/** Its functions are called by the entries, and its other modules by the rest of the library. */
function startFile() {
  const chunk = { type: 'chunk', id: sourceOf(START), fileName: 'library/pebble-ts-start.js' }
  return {
    name: 'start-file',
    buildStart() {
      this.emitFile({ ...chunk, preserveSignature: 'allow-extension' })
    },
  }
}

/**
 * Escapes what is not ASCII, in regular expressions and comments too: V8 reads one byte per character then, and
 * `src/utils/compiled.ts` relies on it.
 */
function ascii() {
  const escape = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return { name: 'ascii', renderChunk: (code) => ({ code: code.replace(/[^\x00-\x7F]/g, escape), map: null }) }
}

/** What an entry does before it requires the rest of the library. */
function loadCompiled(entry) {
  const start = `${entry.includes('/') ? '..' : '.'}/library/pebble-ts-start.js`
  return `require('${start}').loadCompiled('${ROLES[entry] ?? 'program'}');\n`
}

/** Puts a module into the chunk of the first group of entries that needs it at once. */
function chunkOf(entries, workerEntries) {
  let start
  let program
  let worker
  return (id, { getModuleInfo }) => {
    start ??= staticClosure(STARTS.map(sourceOf), getModuleInfo)
    program ??= staticClosure(entries, getModuleInfo)
    worker ??= staticClosure(workerEntries, getModuleInfo)
    if (entries.includes(id) || workerEntries.includes(id)) return undefined
    if (start.has(id)) return 'pebble-ts-start'
    if (program.has(id)) return 'pebble-ts-program'
    return worker.has(id) ? 'pebble-ts-worker' : undefined
  }
}

function staticClosure(entries, getModuleInfo) {
  const found = new Set()
  const queue = [...entries]
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (found.has(id)) continue
    found.add(id)
    queue.push(...(getModuleInfo(id)?.importedIds ?? []))
  }
  return found
}

async function writeAlone(input, file) {
  const external = (id) => isExternal(id) && !(id in RARE)
  const bundle = await rollup({ input, plugins: [rarelyUsed(), typescript()], external })
  // No `import()`: its loader takes 5 ms to start.
  await bundle.write({ ...FORMAT, file: join(dist, file), inlineDynamicImports: true, dynamicImportInCjs: false })
}

/** An ES module of the package. */
async function writeModule(name) {
  const { code } = await transform(readFileSync(join(source, `${name}.mts`), 'utf8'), { loader: 'ts', ...TARGET })
  writeFileSync(join(dist, `${name}.mjs`), code)
}

function rarelyUsed() {
  return {
    name: 'rarely-used',
    resolveId: (id) => (id in RARE ? `\0${id}` : null),
    load: (id) => RARE[id.replace('\0', '')] ?? null,
    resolveImportMeta: (property) => (property === 'url' ? `require('node:url').pathToFileURL(__filename).href` : null),
  }
}

/** Finds and strips TypeScript. `tsc` checks it. */
function typescript() {
  return {
    name: 'typescript',
    resolveId: (id, importer) => {
      if (isExternal(id) || importer === undefined) return null
      if (id === INLINED) return require.resolve(`${INLINED}/es/index.js`)
      const path = resolve(dirname(importer), id)
      return [`${path}.ts`, path.replace(/\.js$/, '.ts'), `${path}.js`].find((file) => existsSync(file)) ?? null
    },
    load: async (file) => {
      if (!file.endsWith('.ts')) return null
      const { code } = await transform(readFileSync(file, 'utf8'), { loader: 'ts', ...TARGET, sourcefile: file })
      return code
    },
  }
}

function isExternal(id) {
  return id !== INLINED && !id.startsWith('.') && !id.startsWith(sep) && !id.startsWith(root)
}

function sourceOf(entry) {
  return join(source, `${entry}.ts`)
}

/**
 * The ES modules of an entry point. Node.js gets one that uses `require`: to import CommonJS takes 3 ms more, in the program
 * and again in each worker. It asks for the condition `node-addons`, which bundlers do not set. With `--no-addons`, it gets
 * the one of bundlers, which follow an `import`.
 */
function writeWrapper(entry) {
  const file = `./${basename(entry)}.js`
  const names = Object.keys(require(join(dist, `${entry}.js`))).filter((name) => name !== 'default')
  const lines = names.map((name) => `export const ${name} = entry.${name}\n`).join('')
  const loads = `import { loadable } from './loadable.mjs'\nimport entry from '${file}'\nif (!loadable) throw new Error()\n`
  const requires = `import { createRequire } from 'node:module'\nconst entry = createRequire(import.meta.url)('${file}')\n`
  writeFileSync(join(dist, `${entry}.mjs`), `${loads}${lines}`)
  writeFileSync(join(dist, `${entry}.node.mjs`), `${requires}${lines}`)
  writeFileSync(join(dist, `${entry}.d.mts`), `export * from '${file}'\n`)
}

/** Removes the declarations that no entry point reaches. */
function removeUnreachable() {
  const reached = new Set(entryPoints().map((entry) => join(dist, `${entry}.d.ts`)))
  for (const file of reached) {
    const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true)
    for (const { fileName } of importedFiles) {
      if (fileName.startsWith('.')) reached.add(`${join(dirname(file), fileName)}.d.ts`)
    }
  }
  for (const file of filesUnder(dist)) if (!reached.has(file)) rmSync(file)
  for (const folder of foldersUnder(dist)) if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true })
}

function filesUnder(folder) {
  return entriesUnder(folder)
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
}

/** The deepest first. */
function foldersUnder(folder) {
  return entriesUnder(folder)
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort((a, b) => relative(folder, b).split(sep).length - relative(folder, a).split(sep).length)
}

function entriesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
}
