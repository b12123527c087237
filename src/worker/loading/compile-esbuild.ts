import type { Compilation } from './compilers'
import { targetOf } from './target'

interface Esbuild {
  transformSync(source: string, options: object): { code: string }
}

/** Of legacy decorators' metadata esbuild writes none: it comes last. */
export function compileWithEsbuild(library: unknown, { source, file, format, options }: Compilation): string {
  const { useDefineForClassFields } = targetOf(options)
  const taken = [
    'experimentalDecorators',
    'jsx',
    'jsxFactory',
    'jsxFragmentFactory',
    'jsxImportSource',
    'verbatimModuleSyntax',
  ]
  const compilerOptions = Object.fromEntries(taken.flatMap((name) => (name in options ? [[name, options[name]]] : [])))
  return (library as Esbuild).transformSync(source, {
    loader: /x$/.test(file) ? 'tsx' : 'ts',
    format,
    target: 'node20',
    platform: 'node',
    sourcemap: 'inline',
    sourcefile: file,
    keepNames: true,
    tsconfigRaw: { compilerOptions: { ...compilerOptions, useDefineForClassFields } },
  }).code
}
