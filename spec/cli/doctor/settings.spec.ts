import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { build, type BuildOptions } from 'esbuild'
import ts from 'typescript'
import { createProject, LEGACY, STANDARD, type Doctor, type Project } from '../../support/doctor'

jest.setTimeout(180_000)

const TASK =
  "import { task } from 'pebble-ts'\nexport const add = task(function add(a: number, b: number) { return a + b })\n"
const CLASS =
  "import { thread } from 'pebble-ts'\nexport class Reports {\n  @thread()\n  async render(): Promise<void> {}\n}\n"

let project: Project
beforeAll(() => {
  project = createProject()
})
afterAll(() => project?.remove())

const examine = (file: string): Promise<Doctor> => project.doctor([file, '--kind', 'thread', '--json'])
const codesOf = ({ report }: Doctor): string[] =>
  report.findings.map(({ level, code }: { level: string; code: string }) => `${level} ${code}`)

/** Writes a folder with one module, and examines it. */
async function examineIn(
  folder: string,
  options: { compilerOptions?: object; manifest?: object; file?: string; source: string },
): Promise<Doctor> {
  const { compilerOptions = STANDARD, manifest = { type: 'module' }, file = 'main.ts', source } = options
  project.write({
    [`${folder}/package.json`]: manifest,
    [`${folder}/tsconfig.json`]: { compilerOptions },
    [`${folder}/${file}`]: source,
  })
  return examine(`${folder}/${file}`)
}

test('a project as the documentation wants it has no findings', async () => {
  expect(codesOf(await examineIn('good', { source: TASK + CLASS }))).toEqual([])
})

test.each<[string, object, object, string, string[]]>([
  ['esnext', { ...STANDARD, target: 'ESNext' }, { type: 'module' }, CLASS, ['warning decorators-not-compiled']],
  [
    'preserve',
    { ...STANDARD, module: 'Preserve' },
    { type: 'commonjs' },
    TASK,
    ['warning esm-output-in-commonjs-package'],
  ],
  [
    'commonjs',
    { ...STANDARD, module: 'CommonJS' },
    { type: 'module' },
    TASK,
    ['warning commonjs-output-in-esm-package'],
  ],
  ['no-emit', { ...STANDARD, module: 'Preserve', noEmit: true }, { type: 'commonjs' }, TASK, []],
  ['types', { ...STANDARD, isolatedModules: undefined }, { type: 'module' }, TASK, ['note not-isolated']],
  [
    'define',
    { ...LEGACY, emitDecoratorMetadata: false },
    { type: 'module' },
    `class Base {}\nexport class Sub extends Base {\n  name!: string\n}\n${TASK}`,
    ['note define-for-class-fields'],
  ],
  [
    'nest-standard',
    STANDARD,
    { type: 'commonjs' },
    `import type { INestApplication } from '@nestjs/common'\nexport type App = INestApplication\n${TASK}`,
    ['error nest-needs-legacy-decorators'],
  ],
  [
    'nest-no-metadata',
    { ...LEGACY, emitDecoratorMetadata: false },
    { type: 'commonjs' },
    `import type { INestApplication } from '@nestjs/common'\nexport type App = INestApplication\n${TASK}`,
    ['warning metadata-missing'],
  ],
])('tsconfig.json: %s', async (folder, compilerOptions, manifest, source, codes) => {
  const found = await examineIn(folder, { compilerOptions, manifest, source })
  expect(codesOf(found)).toEqual(codes)
  expect(found.exitCode).toBe(codes.some((code) => code.startsWith('error')) ? 1 : 0)
})

test('a provider of Nest: the compiler of the project writes metadata, which names the injected services', async () => {
  project.write({ 'nest/tsconfig.json': { compilerOptions: LEGACY }, 'nest/package.json': {} })
  cpSync(join(__dirname, '../../nestjs/fixtures/mailer.ts'), join(project.folder, 'nest/mailer.ts'))
  const { exitCode, report } = await project.doctor(['nest/mailer.ts', '--json'])
  expect(report.loader).toBe(`pebble-ts with typescript ${ts.version}`)
  expect(report.methods).toEqual([
    {
      name: 'Mailer.send',
      class: 'Mailer',
      holder: 'instance',
      workers: { thread: { found: true }, process: { found: true } },
    },
  ])
  const kinds = ['thread', 'process']
  expect(report.classes).toEqual([
    {
      name: 'Mailer',
      instance: false,
      fields: [
        { name: 'client', kinds, holds: 'an instance of EventEmitter', source: 'text' },
        { name: 'onSent', kinds, holds: 'a function', source: 'text' },
      ],
      unchecked: [
        'no instance was made: the constructor has parameters (client, logger, sender, options)',
        'what the constructor stores in `sender`, `options`',
      ],
    },
  ])
  expect([exitCode, report.findings]).toEqual([0, []])
})

test('under tsx, the same provider has no metadata', async () => {
  project.write({ 'nest-tsx/tsconfig.json': { compilerOptions: LEGACY }, 'nest-tsx/package.json': {} })
  cpSync(join(__dirname, '../../nestjs/fixtures/mailer.ts'), join(project.folder, 'nest-tsx/mailer.ts'))
  const found = await project.doctor(['nest-tsx/mailer.ts', '--json', '--kind', 'thread'], {
    execArgv: ['--import', require.resolve('tsx')],
  })
  expect(codesOf(found)).toEqual(['warning metadata-not-emitted'])
  expect(found.report.loader).toMatch(/^tsx \d/)
})

test('CommonJS that tsc has written: a source map that is missing is a note', async () => {
  const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 }
  const { outputText } = ts.transpileModule(CLASS, { compilerOptions: options })
  const inline = ts.transpileModule(CLASS, { compilerOptions: { ...options, inlineSourceMap: true } }).outputText
  project.write({ 'tsc/main.cjs': outputText, 'tsc/mapped.cjs': inline })
  project.write({ 'tsc/lost.cjs': `${outputText}\n//# sourceMappingURL=lost.cjs.map\n` })
  const found = await examine('tsc/main.cjs')
  expect(found.report.findings).toEqual([
    {
      level: 'note',
      code: 'source-map-missing',
      message:
        'main.cjs has no source map: the stacks of errors show the compiled lines. Set "sourceMap": true (esbuild: --sourcemap).',
    },
  ])
  expect([found.exitCode, found.report.format, found.report.loader]).toEqual([0, 'cjs', null])
  expect(codesOf(await examine('tsc/mapped.cjs'))).toEqual([])
  const { report } = await examine('tsc/lost.cjs')
  expect(report.findings[0].message).toContain('names the source map lost.cjs.map, which does not exist')
})

test.each<[string, string, object, string]>([
  ['esm-as-cjs', "import { task } from 'pebble-ts'\n", { type: 'commonjs' }, 'has the syntax of an ES module'],
  ['cjs-as-esm', "const { task } = require('pebble-ts')\n", { type: 'module' }, 'is CommonJS, and Node.js loads it'],
])('the format of the output does not suit package.json: %s', async (folder, source, manifest, message) => {
  const found = await examineIn(folder, { source, manifest, file: 'main.js' })
  // Newer versions of Node.js load some of these files, and then there is no task in them.
  if (codesOf(found).includes('error no-methods')) return
  expect(codesOf(found)).toEqual(['error format-mismatch', 'error import-error'])
  expect(found.report.findings[0].message).toContain(message)
  expect(found.exitCode).toBe(1)
})

test('TypeScript without a compiler is one finding, without a frame of the library', async () => {
  const bare = createProject([])
  try {
    bare.write({
      'src/main.ts': TASK,
      'src/tsconfig.json': { compilerOptions: { ...STANDARD, isolatedModules: undefined } },
    })
    const { exitCode, report, text } = await bare.doctor(['src/main.ts', '--json'])
    expect(report.findings).toEqual([
      {
        level: 'error',
        code: 'no-compiler',
        message:
          'Cannot compile main.ts: none of tsx, typescript (below 7), @swc/core and esbuild can be imported from there. Install tsx or typescript as a development dependency, or name the compiled file, such as dist/main.js.',
      },
    ])
    expect([exitCode, report.ok, report.loader, report.imports, text.includes('/dist/library/')]).toEqual([
      1,
      false,
      null,
      {},
      false,
    ])
  } finally {
    bare.remove()
  }
})

describe('bundles of esbuild', () => {
  const bundle = async (outfile: string, options: BuildOptions): Promise<void> => {
    project.write({ 'bundles/source.ts': CLASS, 'bundles/package.json': {} })
    const entry = join(project.folder, 'bundles/source.ts')
    const input: BuildOptions = { entryPoints: [entry], bundle: true, platform: 'node', target: 'es2022' }
    await build({ ...input, outfile: join(project.folder, 'bundles', outfile), logLevel: 'silent', ...options })
  }

  test('the library kept out, names kept, with a source map: nothing is wrong', async () => {
    await bundle('good.cjs', { format: 'cjs', packages: 'external', keepNames: true, sourcemap: true, minify: true })
    const found = await project.doctor(['bundles/good.cjs', '--json'])
    expect([found.exitCode, codesOf(found), found.report.methods[0].name]).toEqual([0, [], 'Reports.render'])
  })

  test('minified names are a warning', async () => {
    await bundle('short.mjs', { format: 'esm', packages: 'external', minify: true, sourcemap: true })
    const found = await examine('bundles/short.mjs')
    expect([found.exitCode, codesOf(found)]).toEqual([0, ['warning class-names-minified']])
  })

  test('a bundle that contains the library is noted: its own start was not checked', async () => {
    await bundle('whole.cjs', { format: 'cjs', sourcemap: true })
    const found = await project.doctor(['bundles/whole.cjs', '--json'])
    expect([found.exitCode, codesOf(found), found.report.methods[0].workers]).toEqual([
      0,
      ['note library-bundled'],
      { thread: { found: true }, process: { found: true } },
    ])
  })

  test('decorators that the bundler has left are an error', async () => {
    await bundle('left.mjs', { format: 'esm', packages: 'external', target: 'esnext' })
    const found = await examine('bundles/left.mjs')
    expect([found.exitCode, codesOf(found)]).toEqual([1, ['error decorators-not-compiled', 'error import-error']])
  })
})

test('a module that imports another copy of the library is told so', async () => {
  project.write({
    'other/node_modules/pebble-ts/package.json': { name: 'pebble-ts', version: '9.9.9', main: 'index.js' },
    'other/node_modules/pebble-ts/index.js': 'exports.task = (fn) => fn',
    'other/main.cjs': "exports.add = require('pebble-ts').task(function add() {})",
  })
  const found = await examine('other/main.cjs')
  expect(codesOf(found)).toEqual(['error no-methods', 'warning other-copy'])
  expect(found.report.findings[1].message).toBe(
    `The module imports pebble-ts 9.9.9 of ${project.folder}/other/node_modules/pebble-ts, and the doctor is pebble-ts 0.1.0 of ${project.folder}/node_modules/pebble-ts. Run the doctor of that copy.`,
  )
})
