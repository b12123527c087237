/** Compiles TypeScript when it is required or imported, for programs whose own compiler does not reach into workers. */
import Module from 'node:module'
import { ownFile } from '../../utils/location'
import { compileFile } from './compilers'
import { findByPaths, findRelative } from './find-source'
import * as importHook from './import-hook'
import { installHooks } from './module-hooks'

/** The internals of Node's CommonJS loader that other compilers use too. */
interface CommonJsLoader {
  _extensions: Record<string, (module: CompilingModule, file: string) => void>
  _resolveFilename(request: string, parent: { filename?: string | null } | null | undefined, ...rest: unknown[]): string
}

interface CompilingModule {
  _compile(code: string, file: string): void
}

let installed = false

export function installTypeScript(): void {
  if (installed) return
  installed = true
  hookRequire()
  installHooks(importHook, ownFile('worker', 'loading', 'import-hook.js'), null)
}

function hookRequire(): void {
  const loader = Module as unknown as CommonJsLoader
  for (const extension of ['.ts', '.tsx', '.mts', '.cts', '.jsx']) loader._extensions[extension] = compileInto
  const resolveFilename = loader._resolveFilename
  loader._resolveFilename = function (request, parent, ...rest) {
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

function compileInto(module: CompilingModule, file: string): void {
  module._compile(compileFile(file, 'cjs'), file)
}
