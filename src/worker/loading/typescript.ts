/** Compiles TypeScript as it is required or imported, for programs whose own compiler does not reach into workers. */
import { ownFile } from '../../utils/location'
import * as importHook from './import-hook'
import { installHooks } from './module-hooks'
import { installRequireHook } from './require-hook'

let installed = false

export function installTypeScript(): void {
  if (installed) return
  installed = true
  installRequireHook()
  installHooks(importHook, ownFile('worker', 'loading', 'import-hook.js'), null)
}
