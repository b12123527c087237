import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cacheFolder, writeAtomically } from './cache'

/** Whether this thread imports TypeScript that is more than types: stripping them, as newer Node does, is not enough. */
export async function loadsEnums(): Promise<boolean> {
  const folder = cacheFolder()
  if (folder === null) return false
  const file = join(folder, 'probe.mts')
  if (!existsSync(file)) writeAtomically(file, 'export enum Probe { Works }\n')
  return import(/* webpackIgnore: true */ pathToFileURL(file).href).then(
    () => true,
    () => false,
  )
}
