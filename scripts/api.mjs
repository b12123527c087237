// Generates the API reference, docs/api/, from the docstrings in src/.
//
//   node scripts/api.mjs           writes docs/api/
//   node scripts/api.mjs --check   generates it elsewhere and compares; the exit code is 1 if docs/api/ is not current
//
// The pages contain no line numbers and nothing of git, so only changes of docstrings and of types change them.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Application, Converter } from 'typedoc'

const root = fileURLToPath(new URL('..', import.meta.url))
const pages = join(root, 'docs/api')

/** The entry points: the name of the import, and the file. */
const ENTRIES = {
  'pebble-ts': 'index',
  'pebble-ts/concurrent': 'concurrent',
  'pebble-ts/asynchronous': 'asynchronous',
  'pebble-ts/workers': 'workers',
  'pebble-ts/nestjs': 'nestjs',
  'pebble-ts/cluster': 'cluster',
}

if (process.argv.includes('--check')) await check()
else await generate(pages)

async function check() {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-ts-api-'))
  try {
    await generate(folder)
    const wrong = differences(folder, pages)
    if (wrong.length === 0) return
    console.error(`docs/api/ is not current: run \`npm run api\`.\n${wrong.map((file) => `  ${file}`).join('\n')}`)
    process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function generate(out) {
  const app = await Application.bootstrapWithPlugins({
    entryPoints: Object.values(ENTRIES).map((file) => join(root, `src/${file}.ts`)),
    tsconfig: join(root, 'tsconfig.json'),
    plugin: ['typedoc-plugin-markdown'],
    outputs: [{ name: 'markdown', path: out }],
    router: 'member',
    name: 'API reference',
    readme: 'none',
    disableGit: true,
    disableSources: true,
    excludeExternals: true,
    excludeInternal: true,
    excludePrivate: true,
    skipErrorChecking: true, // `npm run typecheck` does that
    validation: { invalidLink: false, notExported: false, notDocumented: false },
    externalSymbolLinkMappings: { typescript: { RangeError: '#', TypeError: '#', Error: '#' } },
    hideBreadcrumbs: true,
    hidePageHeader: true,
    parametersFormat: 'table',
    propertiesFormat: 'table',
    interfacePropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
    logLevel: 'Error',
  })
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => nameModules(project))
  const project = await app.convert()
  if (!project) throw new Error('The API reference could not be generated: see the errors above.')
  await app.generateOutputs(project)
}

/** Modules have the names of their files; readers know them by their imports. */
function nameModules(project) {
  for (const [name, file] of Object.entries(ENTRIES)) {
    const module = project.children?.find((child) => child.name === file)
    if (module) module.name = name
  }
}

/** The files that differ, or that only one of the folders has. */
function differences(one, other) {
  const files = new Set([...filesIn(one), ...filesIn(other)])
  return [...files].filter((file) => textOf(join(one, file)) !== textOf(join(other, file)))
}

function filesIn(folder) {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
  } catch {
    return [] // there is no such folder
  }
}

function textOf(file) {
  try {
    return readFileSync(file, 'utf8').replaceAll('\r\n', '\n')
  } catch {
    return undefined
  }
}
