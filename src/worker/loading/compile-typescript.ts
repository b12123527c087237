import { targetOf, type Compilation } from './compilation'

/** The few functions of the compiler that are used. It is the user's copy, of any version. */
interface TypeScript {
  convertCompilerOptionsFromJson(options: object, folder: string): { options: Record<string, unknown> }
  transpileModule(source: string, how: { fileName: string; compilerOptions: object }): { outputText: string }
}

export function compileWithTypeScript(
  library: unknown,
  { source, file, format, options, folder }: Compilation,
): string {
  const typescript = library as TypeScript
  const written = { ...options, ...overridesFor(format, options) }
  const { options: compilerOptions } = typescript.convertCompilerOptionsFromJson(written, folder)
  return typescript.transpileModule(source, { fileName: file, compilerOptions }).outputText
}

function overridesFor(format: 'esm' | 'cjs', options: Record<string, unknown>): object {
  const commonjs = format === 'cjs'
  return {
    module: commonjs ? 'CommonJS' : 'ESNext',
    moduleResolution: undefined,
    // `verbatimModuleSyntax` refuses `import` in CommonJS. Test runners compile ES modules to CommonJS.
    ...(commonjs ? { verbatimModuleSyntax: false, esModuleInterop: options['esModuleInterop'] ?? true } : {}),
    ...targetOf(options),
    jsx: options['jsx'] === 'preserve' ? 'react-jsx' : options['jsx'],
    isolatedModules: true,
    sourceMap: false,
    inlineSourceMap: true,
    inlineSources: true,
    ...Object.fromEntries(NOT_FOR_ONE_FILE.map((name) => [name, undefined])),
  }
}

/** Options that concern a whole project, or its output files. */
const NOT_FOR_ONE_FILE = [
  ...['composite', 'declaration', 'declarationDir', 'declarationMap', 'emitDeclarationOnly', 'incremental', 'noEmit'],
  ...['noEmitOnError', 'outDir', 'outFile', 'paths', 'baseUrl', 'rootDir', 'rootDirs', 'sourceRoot', 'mapRoot'],
  ...['tsBuildInfoFile', 'allowImportingTsExtensions', 'customConditions', 'resolvePackageJsonExports'],
  ...[
    'resolvePackageJsonImports',
    'erasableSyntaxOnly',
    'isolatedDeclarations',
    'types',
    'typeRoots',
    'lib',
    'plugins',
  ],
]
