/** The CommonJS modules that export a value. Both sides load the same files, so a file and a name say which value is meant. */
import { isAbsolute } from 'node:path'
import { loadedModules } from '../utils/location'

export interface ExportedValue {
  readonly file: string
  /** The name of the export; `undefined`: the value is all that the module exports. */
  readonly name: string | undefined
}

/** Where a value is exported first. Re-exports are getters, and do not count. Takes up to some ms, so keep the result. */
export function findExport(value: unknown): ExportedValue | undefined {
  for (const [file, module] of Object.entries(loadedModules())) {
    if (module === undefined || !isAbsolute(file)) continue
    if (module.exports === value) return { file, name: undefined }
    const entry = Object.entries(valuesOf(module.exports)).find(([, descriptor]) => descriptor.value === value)
    if (entry) return { file, name: entry[0] }
  }
  return undefined
}

/** What a loaded module exports by this name, without running getters. */
export function exportOf(file: string, name: string): unknown {
  return valuesOf(loadedModules()[file]?.exports)[name]?.value
}

function valuesOf(exports: unknown): Record<string, PropertyDescriptor> {
  if (exports === null || typeof exports !== 'object') return {}
  try {
    return Object.getOwnPropertyDescriptors(exports)
  } catch {
    return {} // a proxy whose trap throws
  }
}
