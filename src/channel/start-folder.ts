/** The folder in which the program was started. Its Node options name files and packages relative to that folder. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { workerEnvironment } from '../registry/environment'
import { type NodeOption, withValue } from '../utils/node-options'

/**
 * The working directory at the time when the library was loaded. If the program had already changed it by then, the files
 * that the options name are not there. Then the start folder is the folder of the shell.
 */
export function startFolder(options: readonly NodeOption[]): string | undefined {
  const files = options.map(({ value }) => value ?? '').filter((value) => /^\.\.?[\\/]/.test(value))
  const candidates = [workerEnvironment().startFolder, process.env['PWD']].filter(
    (folder) => typeof folder === 'string',
  )
  return candidates.find((folder) => files.every((file) => existsSync(join(folder, file)))) ?? candidates[0]
}

/** Whether the value of the option depends on the folder: it is neither an absolute path nor a URL. */
export function dependsOnFolder({ value }: NodeOption): boolean {
  return value !== undefined && !isAbsolute(value) && !/^[a-z][a-z\d+.-]+:/i.test(value)
}

export function withAbsolutePath(option: NodeOption, folder: string): NodeOption {
  const { value } = option
  return value === undefined || value === '*' ? option : withValue(option, resolve(folder, value))
}

/** Resolves the preload from `folder`. One that cannot be found stays as it is, and Node reports it. */
export function withResolvedModule(option: NodeOption, folder: string): NodeOption {
  if (!dependsOnFolder(option)) return option
  const value = option.value as string
  const byImport = !/^(-r|--require)$/.test(option.name)
  const base = pathToFileURL(join(folder, '/'))
  if (byImport && value.startsWith('.')) return withValue(option, new URL(value, base).href)
  try {
    const file = createRequire(base).resolve(value)
    return withValue(option, byImport && isAbsolute(file) ? pathToFileURL(file).href : file)
  } catch {
    return option
  }
}
