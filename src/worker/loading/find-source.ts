/** Finds files as TypeScript does: by `paths`, `.ts` for `.js`, without an extension, or `index` of a folder. */
import { statSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { projectOf } from './project'

// Compiled files next to the sources come first, as they do in test runners.
const EXTENSIONS = ['.js', '.mjs', '.cjs', '.jsx', '.ts', '.tsx', '.mts', '.cts', '.json']
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx', '.jsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
  '.jsx': ['.tsx'],
}

/** The file that `paths` or `baseUrl` of the project name. Null for relative specifiers and for importers in node_modules. */
export function findByPaths(specifier: string, importer: string): string | null {
  if (/^(\.{0,2}\/|\.{1,2}$|node:|file:|data:|[a-z]:\\)/i.test(specifier) || /[\\/]node_modules[\\/]/.test(importer))
    return null
  const { candidatesFor } = projectOf(importer)
  return candidatesFor === null ? null : firstFile(candidatesFor(specifier))
}

/** The file that a relative specifier means, if there is no file of exactly that name. */
export function findRelative(specifier: string, importer: string): string | null {
  return firstFile([resolve(dirname(importer), specifier)])
}

export function findFile(path: string): string | null {
  return firstFile([path])
}

function firstFile(paths: readonly string[]): string | null {
  return paths.flatMap(spellings).find(isFile) ?? null
}

function spellings(path: string): string[] {
  const extension = extname(path)
  const sources = (SOURCES[extension] ?? []).map((other) => path.slice(0, -extension.length) + other)
  const extended = EXTENSIONS.map((other) => path + other)
  return [path, ...sources, ...extended, ...EXTENSIONS.map((other) => join(path, `index${other}`))]
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}
