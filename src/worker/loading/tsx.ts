/** tsx registers its hooks for ES modules in the main thread only, and threads of Node 20 do not inherit hooks. */
import { createRequire, register } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { ModuleRef } from '../../registry/keys'
import { tsxFlag } from './flags'
import { loadsEnums } from './probe'

let installing: Promise<void> | undefined

export function installTsx(ref: ModuleRef): Promise<void> {
  return (installing ??= install(ref))
}

async function install(ref: ModuleRef): Promise<void> {
  if (await loadsEnums()) return // a newer Node or tsx: the hooks are there
  // tsx/esm/api would find its hooks relative to the wrong file; `data` must not be empty.
  register(new URL('esm/index.mjs', distOf(tsxFlag() ?? '', ref.url)).href, { data: {} })
}

/** `file:///…/tsx/dist/`, from the flag that tsx's command line passes on, or from what the user's file can resolve. */
function distOf(flag: string, userFile: string): string {
  const given = /^(?:--(?:import|loader|experimental-loader)=)?(file:.*[\\/]tsx[\\/]dist[\\/])/.exec(flag)?.[1]
  return given ?? new URL('../', pathToFileURL(createRequire(userFile).resolve('tsx/esm'))).href
}
