/** The built package in a bundle that esbuild makes of a program and its dependencies. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, type BuildOptions } from 'esbuild'
import { installCopy, programFolder } from '../support/copies'
import { resultOf, runProgram } from '../support/program'

const REQUIRE = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);'

let source: string
beforeAll(() => {
  source = programFolder()
  installCopy(source, '0.1.0')
})

/** Bundles the program into one file, in a folder that has no node_modules. */
async function bundle(options: BuildOptions, folder = join(programFolder(), 'bundle')): Promise<string> {
  mkdirSync(folder, { recursive: true })
  const outfile = join(folder, options.format === 'esm' ? 'main.mjs' : 'main.cjs')
  const input: BuildOptions = {
    entryPoints: [join(source, 'bundled.mjs')],
    bundle: true,
    platform: 'node',
    target: 'node20',
  }
  await build({ ...input, outfile, logLevel: 'silent', ...options })
  return outfile
}

const RESULT = {
  sum: 3,
  sumInProcess: [3, true, 'string'],
  nested: 20,
  scaled: 20,
  thread: [true, 'TimeoutError'],
  process: [true, 'TimeoutError'],
  failed: [true, 'no'],
  item: 'item',
  tripled: 6,
}

test.each<[string, BuildOptions]>([
  ['CommonJS', { format: 'cjs' }],
  ['CommonJS, minified', { format: 'cjs', minify: true }],
  ['an ES module with a require', { format: 'esm', banner: { js: REQUIRE } }],
])('the library works in a bundle of one file: %s', async (_title, options) => {
  const file = await bundle(options)
  const { stdout, stderr, exitCode } = await runProgram(file)
  expect([exitCode, stderr.replace(/module code, (worker|program)\n|behind the first call\n/g, '')]).toEqual([0, ''])
  expect(JSON.parse(stdout)).toEqual(RESULT)
  // In each worker, the program's code runs up to its first dispatching call.
  expect(stderr.match(/module code, program\n/g)).toHaveLength(1)
  expect(stderr.match(/behind the first call\n/g)).toHaveLength(1)
  expect(stderr.match(/module code, worker\n/g)?.length).toBeGreaterThanOrEqual(4)
})

test('the built library has no `require` that stands alone: webpack would warn of it', () => {
  const folder = join(__dirname, '../../dist/library')
  const alone = readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .filter((line) => /[=(,]\s*require\s*[;),]/.test(line)),
  )
  expect(alone).toEqual([])
})

test('a bundled ES module without `require` fails with an error that says to keep the library out', async () => {
  const file = await bundle({ format: 'esm' })
  const { stderr, exitCode } = await runProgram(file)
  expect(exitCode).toBe(1)
  expect(stderr).toContain(
    `Error: pebble-ts is bundled into file://${file}, an ES module without \`require\`. Keep the library out`,
  )
  expect(stderr).not.toContain('Dynamic require')
})

test.each<[string, BuildOptions]>([
  ['as they are', {}],
  ['minified', { minify: true }],
])('classes of one name in a bundle are told apart, and a traceback shows the sources: %s', async (_title, options) => {
  const entryPoints = [join(source, 'bundled-names.mjs')]
  const file = await bundle({ entryPoints, keepNames: true, sourcemap: true, ...options })
  const { titles, traceback } = await resultOf<{ titles: unknown; traceback: string }>(file)
  expect(titles).toEqual([
    ['Report', 'daily', 'daily'],
    ['Report', 'yearly', 'yearly'],
  ])
  expect(traceback).toMatch(/^RangeError: no report\n {4}at \S+fail \(.*\/base-report\.mjs:13:11\)$/)
})

test.each<[string, BuildOptions]>([
  ['the library', {}],
  ['the library, minified', { minify: true }],
  ['Nest alone', { external: ['pebble-ts'] }],
])("the Logger of a service is the bundle's own, if Nest is in the bundle: with %s", async (_title, options) => {
  const folder = programFolder()
  installCopy(folder, '0.1.0')
  linkNest(folder) // the program must not use this copy
  const entryPoints = [join(folder, 'bundled-nest.mjs')]
  const optional = ['class-transformer', 'class-validator', '@nestjs/microservices', '@nestjs/websockets']
  const file = await bundle({ entryPoints, ...options, external: [...optional, ...(options.external ?? [])] }, folder)
  expect(await resultOf(file)).toEqual([
    [true, 'Service', false],
    [true, 'Service', false],
  ])
})

function linkNest(folder: string): void {
  mkdirSync(join(folder, 'node_modules', '@nestjs'))
  symlinkSync(
    dirname(require.resolve('@nestjs/common/package.json')),
    join(folder, 'node_modules', '@nestjs', 'common'),
  )
}

test.each(['cjs', 'esm'] as const)('the library works if it is kept out of a bundle: %s', async (format) => {
  const folder = programFolder()
  installCopy(folder, '0.1.0')
  const file = await bundle({ format, external: ['pebble-ts'] }, folder)
  expect(await resultOf(file)).toEqual(RESULT)
})

test.each(['thread', 'process'])(
  'a bundle whose workers do not load the library fails with an error that says so (%s)',
  async (kind) => {
    const file = await bundle({ format: 'cjs', entryPoints: [join(source, 'lazy.cjs')] })
    const { stdout } = await runProgram(file, { args: [kind] })
    expect(stdout).toContain(`pebble-ts is bundled into ${file}, and a worker that loads this file does not run it.`)
  },
)

test('a dependency that bundles the library shares one copy with a program that does not', async () => {
  const folder = programFolder()
  installCopy(folder, '0.1.3')
  await bundle({ format: 'cjs', entryPoints: [join(source, 'library.mjs')] }, join(folder, 'library'))
  expect(await resultOf(join(folder, 'beside-bundle.mjs'))).toEqual({
    future: true,
    sum: 2,
    named: 'named',
    warnings: [],
  })
})
