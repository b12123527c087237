/** Compiles TypeScript as it is required or imported, for programs whose own compiler does not reach into workers. */
import { register } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { installRequireHook } from './require-hook'

let installed = false

export function installTypeScript(): void {
  if (installed) return
  installed = true
  installRequireHook()
  register(pathToFileURL(join(__dirname, 'import-hook.js')).href)
}
