import { readFileSync, readdirSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, normalize, sep } from 'node:path'
import ts from 'typescript'

// Each layer imports from itself and from the layers before it; names in one layer do not import each other.
const layers: readonly (readonly string[])[] = [
  ['utils'],
  ['errors'],
  ['wire', 'futures', 'signals', 'registry'],
  ['diagnostics'],
  ['sync'],
  ['queues'],
  ['channel', 'worker'],
  ['dispatch'],
  ['pools'],
  ['decorators', 'inbox-pools'],
  ['entry'],
  ['concurrent', 'asynchronous', 'workers'],
  ['index'],
  ['cluster'],
  ['nestjs'],
  ['cli'],
]
const runtimeSeam = ['node:worker_threads', 'node:child_process', 'tinypool']
const source = join(__dirname, '../../src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

describe('imports', () => {
  it('point down only', () => {
    expect(arrows(files, modulesOf, isUpward)).toEqual([])
  })

  it('put every file in a layer', () => {
    expect(files.filter((file) => levelOf(file) === -1)).toEqual([])
  })

  it('reach threads, processes and tinypool in channel/ and worker/ only, and the process of the doctor', () => {
    const outside = files.filter((file) => !['channel', 'worker'].includes(partOf(file)))
    const arrowsOutside = arrows(outside, runtimeModulesOf, (_file, name) => runtimeSeam.includes(name))
    expect(arrowsOutside).toEqual([join('cli', 'doctor', 'examiner.ts → node:child_process')])
  })

  it('reach bullmq in one file only', () => {
    const imports = arrows(files, modulesOf, (_file, name) => name === 'bullmq')
    expect(new Set(imports)).toEqual(new Set([join('cluster', 'bullmq.ts → bullmq')]))
  })

  it('say node: for what is built in', () => {
    expect(arrows(files, modulesOf, (_file, name) => builtinModules.includes(name))).toEqual([])
  })
})

/** The imports of `files` that are `wrong`, for the report of a failure. */
function arrows(
  files: readonly string[],
  modulesOf: (file: string) => string[],
  wrong: (file: string, name: string) => boolean,
): string[] {
  return files.flatMap((file) =>
    modulesOf(file)
      .filter((name) => wrong(file, name))
      .map((name) => `${file} → ${name}`),
  )
}

function isUpward(file: string, name: string): boolean {
  if (!name.startsWith('.')) return false
  const target = normalize(join(dirname(file), name))
  return partOf(target) !== partOf(file) && levelOf(target) >= levelOf(file)
}

/** What a file imports, types included. */
function modulesOf(file: string): string[] {
  return importedBy(read(file))
}

/** What is left of that when it is compiled. */
function runtimeModulesOf(file: string): string[] {
  if (!runtimeSeam.some((name) => read(file).includes(name))) return [] // nothing to compile for
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }
  return importedBy(ts.transpileModule(read(file), { compilerOptions }).outputText)
}

function importedBy(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName)
}

function read(file: string): string {
  return readFileSync(join(source, file), 'utf8')
}

function levelOf(file: string): number {
  return layers.findIndex((layer) => layer.includes(partOf(file)))
}

function partOf(file: string): string {
  const [first = ''] = file.split(sep)
  return first.replace(/\.ts$/, '')
}
