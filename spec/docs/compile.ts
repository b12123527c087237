/** Compiles the code blocks of the documents against the types of the package, like files of a project that uses it. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { root, type Block } from './markdown'

const folder = join(root, 'spec/docs')
const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.Node16,
  moduleResolution: ts.ModuleResolutionKind.Node16,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: ['node', 'jest'],
}

/** The compile errors of each block, one text per error: `docs/errors.md:12: …`. */
export function diagnose(blocks: readonly Block[]): Map<Block, string[]> {
  const legacy = blocks.filter(isLegacy)
  const stage3 = blocks.filter((block) => !isLegacy(block))
  return new Map([
    ...diagnoseAs(stage3, options),
    ...diagnoseAs(legacy, { ...options, experimentalDecorators: true, emitDecoratorMetadata: true }),
  ])
}

/** Compiles a block that is a program to an ES module. */
export function compileProgram(block: Block): string {
  const dialect = isLegacy(block) ? { experimentalDecorators: true, emitDecoratorMetadata: true } : {}
  const compilerOptions = { target: options.target, module: ts.ModuleKind.ESNext, ...dialect }
  return ts.transpileModule(block.code, { compilerOptions, fileName: 'program.mts' }).outputText
}

function isLegacy(block: Block): boolean {
  return block.marks.includes('legacy')
}

function diagnoseAs(blocks: readonly Block[], compilerOptions: ts.CompilerOptions): Map<Block, string[]> {
  const files = new Map(blocks.map((block, index) => [join(folder, pathOf(block, index)), block]))
  const program = ts.createProgram([...files.keys()], compilerOptions, hostOf(files, compilerOptions))
  return new Map(
    [...files].map(([file, block]) => {
      const source = program.getSourceFile(file)
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
      return [block, found.map((diagnostic) => textOf(diagnostic, block))]
    }),
  )
}

/** A block that is a file of a document has its own name, so that other files can import it. */
function pathOf({ document, file }: Block, index: number): string {
  return file === undefined ? `block-${index}.mts` : join(document, file)
}

function hostOf(files: ReadonlyMap<string, Block>, compilerOptions: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(compilerOptions)
  const { readFile, fileExists, directoryExists } = host
  const folders = new Set([...files.keys()].map((file) => dirname(file)))
  const readBlock = (file: string): string | undefined => {
    const block = files.get(file)
    return block && sourceOf(block)
  }
  host.readFile = (file) => readBlock(file) ?? readFile(file)
  host.fileExists = (file) => files.has(file) || fileExists(file)
  host.directoryExists = (path) => folders.has(path) || (directoryExists?.(path) ?? false)
  const getSourceFile = host.getSourceFile.bind(host)
  host.getSourceFile = (file, languageVersion, ...rest) => {
    const text = readBlock(file)
    if (text === undefined) return getSourceFile(file, languageVersion, ...rest)
    return ts.createSourceFile(file, text, languageVersion)
  }
  return host
}

/** The source of a block. A block without imports gets the imports that it needs, in the lines above it. */
function sourceOf({ code, given }: Block): string {
  const isWhole = /^import .* from /m.test(code)
  return [...(isWhole ? [] : [importsOf(`${given}\n${code}`)]), given, 'export {}', code].join('\n')
}

function importsOf(code: string): string {
  const used = exportedNames().filter((name) => uses(code, name) && !declares(code, name))
  return used.length > 0 ? `import { ${used.join(', ')} } from 'pebble-ts'` : ''
}

/** `process.exit` refers to Node's `process`, and `@process` to the decorator. */
function uses(code: string, name: string): boolean {
  return name === 'process' ? /\bprocess\b(?!\.)/.test(code) : new RegExp(`\\b${name}\\b`).test(code)
}

function declares(code: string, name: string): boolean {
  return new RegExp(`\\b(class|function|const|let|interface|type) ${name}\\b`).test(code)
}

let names: string[] | undefined

function exportedNames(): string[] {
  return (names ??= [...readFileSync(join(root, 'src/index.ts'), 'utf8').matchAll(/^export (?:type )?\{([^}]+)\}/gm)]
    .flatMap(([, list = '']) => list.split(','))
    .map((name) => name.replace('type ', '').trim())
    .filter((name) => name !== ''))
}

function textOf({ messageText, start, file }: ts.Diagnostic, block: Block): string {
  const above = sourceOf(block).split('\n').length - block.code.split('\n').length
  const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line - above : 0
  return `${block.document}:${block.line + line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
}
