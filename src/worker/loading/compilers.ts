/** Compiles TypeScript with the first compiler that the user's file can import. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { cached } from './cache'
import type { Compilation, Format } from './compilation'
import { compileWithEsbuild } from './compile-esbuild'
import { compileWithSwc } from './compile-swc'
import { compileWithTypeScript } from './compile-typescript'
import { projectOf } from './project'

interface Compiler {
  /** Name and version. */
  readonly id: string
  compile(compilation: Compilation): string
}

interface CompilerDefinition {
  readonly name: string
  /** A package that has it as a dependency. */
  readonly through?: string
  supports(version: string): boolean
  compile(library: unknown, compilation: Compilation): string
}

const always = (): boolean => true

const COMPILERS: readonly CompilerDefinition[] = [
  // From version 7 on, the package exports no compiler.
  { name: 'typescript', supports: (version) => Number.parseInt(version, 10) < 7, compile: compileWithTypeScript },
  { name: '@swc/core', supports: always, compile: compileWithSwc },
  { name: 'esbuild', supports: always, compile: compileWithEsbuild },
  { name: 'esbuild', through: 'tsx', supports: always, compile: compileWithEsbuild },
]

const compilers = new Map<string, Compiler>()

/** The JavaScript of a file, with an inline source map. */
export function compileFile(file: string, format: Format): string {
  const source = readFileSync(file, 'utf8')
  const { options, folder } = projectOf(file)
  const compiler = compilerFor(file)
  const ingredients = [compiler.id, file, format, folder, JSON.stringify(options), source]
  return cached(ingredients, () => compiler.compile({ source, file, format, options, folder }))
}

/** Name and version of the compiler for a file: `typescript@5.9.3`; null if there is none. */
export function compilerOf(file: string): string | null {
  try {
    return compilerFor(file).id
  } catch {
    return null
  }
}

/** @throws Error if there is no compiler */
function compilerFor(file: string): Compiler {
  const folder = dirname(file)
  const compiler = compilers.get(folder) ?? find(file)
  compilers.set(folder, compiler)
  return compiler
}

function find(file: string): Compiler {
  for (const definition of COMPILERS) {
    const compiler = importCompiler(definition, file)
    if (compiler !== null) return compiler
  }
  throw new Error(
    `Cannot compile ${file} in a worker: none of typescript (below 7), @swc/core and esbuild can be imported from there. Install one as a development dependency, or run the compiled JavaScript.`,
  )
}

/** Loads the compiler itself at its first use. If everything is in the cache, it is never loaded. */
function importCompiler({ name, through, supports, compile }: CompilerDefinition, file: string): Compiler | null {
  try {
    const require = createRequire(through === undefined ? file : createRequire(file).resolve(through))
    const { version } = require(`${name}/package.json`) as { version: string }
    if (!supports(version)) return null
    let library: unknown
    return {
      id: `${name}@${version}`,
      compile: (compilation) => compile((library ??= require(name)), compilation),
    }
  } catch {
    return null
  }
}
