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

/** `file:///…/tsx/dist/`: as the flag has it, or where the flag's bare name is looked for, or what the user's file has. */
function distOf(flag: string, userFile: string): string {
  const given = /^(?:--(?:import|loader|experimental-loader|require)=)?(.*[\\/]tsx[\\/]dist[\\/])/.exec(flag)?.[1]
  if (given !== undefined) return given.startsWith('file:') ? given : pathToFileURL(given).href
  return new URL('../', pathToFileURL(resolveTsx([`${process.cwd()}/`, userFile]))).href
}

function resolveTsx(from: readonly string[]): string {
  for (const place of from) {
    try {
      return createRequire(place).resolve('tsx/esm')
    } catch {
      // look in the next
    }
  }
  throw new Error('Cannot find tsx, which this program was started with. Install it where the program can import it.')
}
