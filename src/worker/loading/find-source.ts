/** Where TypeScript would find what Node does not: `paths`, `.js` that is written `.ts`, no extension, a folder. */
import { statSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { projectOf } from './project'

// Built files beside the sources come first, as they do for the test runners.
const EXTENSIONS = ['.js', '.mjs', '.cjs', '.jsx', '.ts', '.tsx', '.mts', '.cts', '.json']
const WRITTEN: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx', '.jsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
  '.jsx': ['.tsx'],
}

/** What `paths` or `baseUrl` of the project name. Null for relative specifiers, and for files of dependencies. */
export function findByPaths(specifier: string, importer: string): string | null {
  if (/^(\.{0,2}\/|\.{1,2}$|node:|file:|data:|[a-z]:\\)/i.test(specifier) || /[\\/]node_modules[\\/]/.test(importer))
    return null
  const { candidatesFor } = projectOf(importer)
  return candidatesFor === null ? null : firstFile(candidatesFor(specifier))
}

/** The file that a relative specifier means, where there is no file of that very name. */
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
  const written = (WRITTEN[extension] ?? []).map((other) => path.slice(0, -extension.length) + other)
  const extended = EXTENSIONS.map((other) => path + other)
  return [path, ...written, ...extended, ...EXTENSIONS.map((other) => join(path, `index${other}`))]
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}
