/**
 * Registers the hooks of tsx for ES modules. tsx registers them in the main thread only, and threads of Node 20 do not
 * inherit hooks: https://github.com/nodejs/node/issues/47747
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ModuleRef } from '../../registry/keys'
import { cacheFolder, writeAtomically } from '../../utils/cache-folder'
import { tsxFlag } from './flags'
import { registerFile } from './module-hooks'

let installing: Promise<void> | undefined

export function installTsx(ref: ModuleRef): Promise<void> {
  return (installing ??= install(ref))
}

async function install(ref: ModuleRef): Promise<void> {
  if (await loadsEnums()) return // Node or tsx is newer: the hooks are there
  // Not by `tsx/esm/api`: it would look for its hooks relative to the wrong file. `data` must not be empty.
  registerFile(new URL('esm/index.mjs', distFolder(tsxFlag() ?? '', ref.url)).href, {})
}

/** Whether this thread imports TypeScript with enums. Newer versions of Node strip types, but do not compile enums. */
async function loadsEnums(): Promise<boolean> {
  const folder = cacheFolder()
  if (folder === null) return false
  const file = join(folder, 'probe.mts')
  if (!existsSync(file)) writeAtomically(file, () => 'export enum Probe { Works }\n')
  return import(/* webpackIgnore: true */ pathToFileURL(file).href).then(
    () => true,
    () => false,
  )
}

/** `file:///…/tsx/dist/`: from the flag if it is a path, else resolved from the current folder or the user's file. */
function distFolder(flag: string, userFile: string): string {
  const given = /^(?:--(?:import|loader|experimental-loader|require)=)?(.*[\\/]tsx[\\/]dist[\\/])/.exec(flag)?.[1]
  if (given !== undefined) return given.startsWith('file:') ? given : pathToFileURL(given).href
  return new URL('../', pathToFileURL(resolveTsx([`${process.cwd()}/`, userFile]))).href
}

function resolveTsx(from: readonly string[]): string {
  for (const base of from) {
    try {
      return createRequire(base).resolve('tsx/esm')
    } catch {
      // try the next one
    }
  }
  throw new Error('Cannot find tsx, which this program was started with. Install it where the program can import it.')
}
