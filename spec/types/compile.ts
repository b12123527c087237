import { join } from 'node:path'
import ts from 'typescript'

export type Dialect = 'stage3' | 'legacy'

const folder = join(__dirname, 'programs')

/**
 * Compiles programs, given as text, against the built declarations of the package, all at once.
 *
 * @returns the errors of each program, as the compiler prints them: `TS1241 line 3: …`
 */
export function compile(dialect: Dialect, programs: readonly string[]): string[][] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    strict: true,
    noEmit: true,
    types: ['node'],
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.asynciterable.d.ts'],
    skipLibCheck: true,
    experimentalDecorators: dialect === 'legacy',
    emitDecoratorMetadata: dialect === 'legacy',
  }
  const texts = new Map(programs.map((text, index) => [join(folder, `program-${index}.ts`), text]))
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists } = host
  host.readFile = (file) => texts.get(file) ?? readFile(file)
  host.fileExists = (file) => texts.has(file) || fileExists(file)
  const program = ts.createProgram([...texts.keys()], options, host)
  return [...texts.keys()].map((file) => errorsOf(program, file))
}

function errorsOf(program: ts.Program, file: string): string[] {
  const source = program.getSourceFile(file)
  return ts.getPreEmitDiagnostics(program, source).map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')
    const line = source ? source.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line + 1 : 0
    return `TS${diagnostic.code} line ${line}: ${text}`
  })
}
