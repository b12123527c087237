/** The half for `require()`. */
import Module from 'node:module'
import { compileFile } from './compile'
import { findByPaths, findRelative } from './find-source'

interface Internals {
  _extensions: Record<string, (module: Compiling, file: string) => void>
  _resolveFilename(request: string, parent: { filename?: string | null } | null | undefined, ...rest: unknown[]): string
}

interface Compiling {
  _compile(code: string, file: string): void
}

export function installRequireHook(): void {
  const internals = Module as unknown as Internals
  for (const extension of ['.ts', '.tsx', '.mts', '.cts', '.jsx']) internals._extensions[extension] = compileInto
  const resolveFilename = internals._resolveFilename
  internals._resolveFilename = function (request, parent, ...rest) {
    const importer = parent?.filename
    if (typeof importer !== 'string') return resolveFilename.call(this, request, parent, ...rest)
    const mapped = findByPaths(request, importer)
    if (mapped !== null) return mapped
    try {
      return resolveFilename.call(this, request, parent, ...rest)
    } catch (error) {
      const found = /^\.{0,2}\//.test(request) ? findRelative(request, importer) : null
      if (found === null) throw error
      return found
    }
  }
}

function compileInto(module: Compiling, file: string): void {
  module._compile(compileFile(file, 'cjs'), file)
}
