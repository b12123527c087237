/** The compilers a project may have; the first that the user's file can import is taken. */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { compileWithEsbuild } from './compile-esbuild'
import { compileWithSwc } from './compile-swc'
import { compileWithTypeScript } from './compile-typescript'

export interface Compilation {
  readonly source: string
  readonly file: string
  readonly format: 'esm' | 'cjs'
  /** `compilerOptions` of tsconfig.json, as written. */
  readonly options: Record<string, unknown>
  readonly folder: string
}

export interface Compiler {
  /** Name and version. */
  readonly id: string
  compile(compilation: Compilation): string
}

interface CompilerDefinition {
  readonly name: string
  /** A package that brings it along. */
  readonly through?: string
  supports(version: string): boolean
  compile(library: unknown, compilation: Compilation): string
}

const always = (): boolean => true

const COMPILERS: readonly CompilerDefinition[] = [
  // From 7 on, the package has no compiler that can be called.
  { name: 'typescript', supports: (version) => Number.parseInt(version, 10) < 7, compile: compileWithTypeScript },
  { name: '@swc/core', supports: always, compile: compileWithSwc },
  { name: 'esbuild', supports: always, compile: compileWithEsbuild },
  { name: 'esbuild', through: 'tsx', supports: always, compile: compileWithEsbuild },
]

const compilers = new Map<string, Compiler>()

/** @throws Error where there is none. */
export function compilerFor(file: string): Compiler {
  const folder = dirname(file)
  const compiler = compilers.get(folder) ?? find(file)
  compilers.set(folder, compiler)
  return compiler
}

function find(file: string): Compiler {
  for (const kind of COMPILERS) {
    const compiler = compilerOf(kind, file)
    if (compiler !== null) return compiler
  }
  throw new Error(
    `Cannot compile ${file} in a worker: none of typescript (below 7), @swc/core and esbuild can be imported from there. Install one as a development dependency, or run the compiled JavaScript.`,
  )
}

/** Loads the compiler at the first use: with a warm cache there is none. */
function compilerOf(kind: CompilerDefinition, file: string): Compiler | null {
  try {
    const require =
      kind.through === undefined ? createRequire(file) : createRequire(createRequire(file).resolve(kind.through))
    const { version } = require(`${kind.name}/package.json`) as { version: string }
    if (!kind.supports(version)) return null
    let library: unknown
    const compile = (compilation: Compilation): string => kind.compile((library ??= require(kind.name)), compilation)
    return { id: `${kind.name}@${version}`, compile }
  } catch {
    return null
  }
}
