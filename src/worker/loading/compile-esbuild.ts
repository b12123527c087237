import { targetOf, type Compilation } from './compilation'

interface Esbuild {
  transformSync(source: string, options: object): { code: string }
}

/** esbuild emits no metadata for legacy decorators, so it is the last choice. */
export function compileWithEsbuild(library: unknown, { source, file, format, options }: Compilation): string {
  const { useDefineForClassFields } = targetOf(options)
  const supported = [
    'experimentalDecorators',
    'jsx',
    'jsxFactory',
    'jsxFragmentFactory',
    'jsxImportSource',
    'verbatimModuleSyntax',
  ]
  const compilerOptions = Object.fromEntries(
    supported.flatMap((name) => (name in options ? [[name, options[name]]] : [])),
  )
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
