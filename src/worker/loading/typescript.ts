/** Compiles TypeScript as it is required or imported, for programs whose own compiler does not reach into workers. */
import { register } from 'node:module'
import { pathToFileURL } from 'node:url'
import { ownFile } from '../../utils/location'
import { installRequireHook } from './require-hook'

let installed = false

export function installTypeScript(): void {
  if (installed) return
  installed = true
  installRequireHook()
  register(pathToFileURL(ownFile('worker', 'loading', 'import-hook.js')).href)
}
