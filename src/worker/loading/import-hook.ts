/** The hooks for `import` of TypeScript. They run in the importing thread, or in Node's hooks thread, which imports this file. */
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { compileFile } from './compilers'
import { findByPaths, findFile } from './find-source'
import { orElse, type Load, type Resolve } from './module-hooks'
import { packageType } from './package-type'

export const resolve: Resolve = (specifier, context, next) => {
  const importer = context.parentURL?.startsWith('file:') === true ? fileURLToPath(context.parentURL) : null
  const mapped = importer === null ? null : findByPaths(specifier, importer)
  if (mapped !== null) return next(pathToFileURL(mapped).href, context)
  return orElse(
    () => next(specifier, context),
    (error) => {
      const found = isNotFound(error) ? findPath(specifier, context.parentURL) : null
      if (found === null) throw error
      return next(pathToFileURL(found).href, context)
    },
  )
}

export const load: Load = (url, context, next) => {
  const file = /^file:.*\.([cm]?ts|tsx|jsx)$/.test(url) ? fileURLToPath(url) : null
  if (file === null) return next(url, context)
  if (formatOf(file) === 'commonjs') return { format: 'commonjs', shortCircuit: true } // `require` loads and compiles it
  return { format: 'module', source: compileFile(file, 'esm'), shortCircuit: true }
}

function findPath(specifier: string, parentUrl: string | undefined): string | null {
  if (!/^(file:|\.{0,2}\/)/.test(specifier) || parentUrl?.startsWith('data:') === true) return null
  return findFile(fileURLToPath(new URL(specifier, parentUrl)))
}

function isNotFound(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_UNSUPPORTED_DIR_IMPORT'
}

/** Test runners recognise ES modules whatever package.json says, so the text decides. */
function formatOf(file: string): 'module' | 'commonjs' {
  const extension = extname(file)
  if (extension === '.mts' || extension === '.cts') return extension === '.mts' ? 'module' : 'commonjs'
  if (packageType(file) === 'module') return 'module'
  const source = readFileSync(file, 'utf8')
  const isModule =
    /^\s*(import\s*["'{*\w]|export\s+[^=\s])/m.test(source) && !/^\s*(import\s+\w+\s*=|export\s*=)/m.test(source)
  return isModule ? 'module' : 'commonjs'
}
