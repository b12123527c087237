/** The module that the doctor examines. */
import { readFileSync, realpathSync, statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ModuleRef } from '../../registry/keys'
import { packageType } from '../../worker/loading/package-type'
import { UsageError } from '../command'

export interface Target {
  /** Absolute, without symbolic links: Node.js names modules by that path. */
  readonly file: string
  readonly ref: ModuleRef
  readonly source: string
  readonly isTypeScript: boolean
}

const EXTENSIONS = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.tsx', '.jsx']

/** @throws UsageError if it is no file, or not a module */
export function findTarget(path: string): Target {
  const file = resolve(path)
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined) throw new UsageError(`There is no file ${file}.`)
  if (!found.isFile()) throw new UsageError(`${file} is not a file. Name the module that defines the methods.`)
  if (!EXTENSIONS.includes(extname(file))) {
    throw new UsageError(`${file} is not a module: expected a file that ends with ${EXTENSIONS.join(', ')}.`)
  }
  const real = realpathSync(file)
  const source = readFileSync(real, 'utf8')
  const isTypeScript = /\.([cm]?ts|tsx)$/.test(real)
  return { file: real, source, isTypeScript, ref: { url: pathToFileURL(real).href, format: formatOf(real, source) } }
}

/** The format in which Node.js, or a TypeScript loader, loads the file. */
function formatOf(file: string, source: string): ModuleRef['format'] {
  const letter = /\.([cm])[jt]s$/.exec(file)?.[1]
  if (letter !== undefined) return letter === 'm' ? 'esm' : 'cjs'
  const type = packageType(file)
  if (type !== undefined) return type === 'module' ? 'esm' : 'cjs'
  // Without a type, Node.js looks at the syntax. TypeScript loaders compile to CommonJS.
  return file.endsWith('.js') && hasModuleSyntax(source) ? 'esm' : 'cjs'
}

export function hasModuleSyntax(source: string): boolean {
  return /^\s*(import\s*["'{*\w]|export\s*[{*]|export\s+\w)/m.test(source)
}
