/** The declarations need no newer library of TypeScript than that of their users. */
import { join } from 'node:path'
import ts from 'typescript'

const dist = join(__dirname, '..', '..', 'dist')

test.each(['es2020', 'es2022'])('the declarations of the package compile with the library of %s', (library) => {
  const entries = ['index', 'concurrent', 'asynchronous', 'workers'].map((name) => join(dist, `${name}.d.ts`))
  const program = ts.createProgram(entries, {
    target: ts.ScriptTarget.ES2020,
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    strict: true,
    noEmit: true,
    types: ['node'],
    lib: [`lib.${library}.d.ts`],
  })
  const ours = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(dist))
  expect(ours.length).toBeGreaterThan(entries.length)
  const errors = ours.flatMap((file) => program.getSemanticDiagnostics(file))
  expect(errors.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
})
