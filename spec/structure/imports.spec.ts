import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import ts from 'typescript'

// Each layer imports from itself and from the layers before it; names in one layer do not import each other.
const layers: readonly (readonly string[])[] = [
  ['utils'],
  ['errors'],
  ['wire', 'futures', 'signals', 'registry'],
  ['sync'],
  ['queues', 'channel', 'worker'],
  ['dispatch'],
  ['pools'],
  ['decorators', 'boxes'],
  ['concurrent', 'asynchronous', 'workers'],
  ['index'],
  ['nestjs'],
]
const runtimeSeam = ['node:worker_threads', 'node:child_process', 'tinypool']
const source = join(__dirname, '../../src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

describe('imports', () => {
  it('point down only', () => {
    expect(files.flatMap((file) => imports(file).flatMap((target) => wrongArrow(file, target)))).toEqual([])
  })

  it('put every file in a layer', () => {
    expect(files.filter((file) => levelOf(file) === -1)).toEqual([])
  })

  it('reach threads, processes and tinypool in channel/ and worker/ only', () => {
    const outside = files.filter((file) => !['channel', 'worker'].includes(partOf(file)))
    expect(arrows(outside, runtimeModules, (name) => runtimeSeam.includes(name))).toEqual([])
  })

  it('say node: for what is built in', () => {
    const bare =
      /^(fs|path|url|util|module|events|timers|os|vm|v8|worker_threads|child_process|async_hooks|perf_hooks)(\/|$)/
    expect(
      files.flatMap((file) =>
        modules(file)
          .filter((name) => bare.test(name))
          .map((name) => `${file} → ${name}`),
      ),
    ).toEqual([])
  })
})

function wrongArrow(file: string, target: string): string[] {
  const from = partOf(file)
  const to = partOf(target)
  if (from === to || levelOf(target) < levelOf(file)) return []
  return [`${file} → ${target}`]
}

/** The files of src/ that this one imports, types included. */
function imports(file: string): string[] {
  return modules(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => normalize(join(dirname(file), name)))
}

function modules(file: string): string[] {
  const text = readFileSync(join(source, file), 'utf8')
  return preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName)
}

function levelOf(file: string): number {
  return layers.findIndex((layer) => layer.includes(partOf(file)))
}

function partOf(file: string): string {
  const [first = ''] = file.split(sep)
  return first.replace(/\.ts$/, '')
}
