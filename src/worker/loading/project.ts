/** Reads the tsconfig.json that applies to a file. */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { createFilesMatcher, createPathsMatcher, getTsconfig, parseTsconfig } from 'get-tsconfig'
import type { PathsMatcher, TsConfigResult } from 'get-tsconfig'

export interface Project {
  /** `compilerOptions`, including inherited ones (`extends`). */
  readonly options: Record<string, unknown>
  readonly folder: string
  /** The path of tsconfig.json, or of the referenced one; null if there is none. */
  readonly path: string | null
  /** Lists the files that `paths` and `baseUrl` name for a specifier; null if the project has neither. */
  readonly candidatesFor: PathsMatcher | null
}

const projects = new Map<string, Project>()
const files = new Map<string, string>()

export function projectOf(file: string): Project {
  const folder = dirname(file)
  const project = projects.get(folder) ?? readProject(file)
  projects.set(folder, project)
  return project
}

function readProject(file: string): Project {
  const nearest = getTsconfig(dirname(file), 'tsconfig.json', files)
  if (nearest === null) return { options: {}, folder: dirname(file), path: null, candidatesFor: null }
  const found = referencedFor(file, nearest) ?? nearest
  const options = (found.config.compilerOptions ?? {}) as Record<string, unknown>
  return { options, folder: dirname(found.path), path: found.path, candidatesFor: createPathsMatcher(found) }
}

/** If tsconfig.json has `references`, the options are those of the referenced project that includes the file. */
function referencedFor(file: string, { path, config }: TsConfigResult): TsConfigResult | undefined {
  for (const reference of config.references ?? []) {
    const target = resolve(dirname(path), reference.path)
    const named = target.endsWith('.json') ? target : join(target, 'tsconfig.json')
    if (!existsSync(named)) continue
    const result = { path: named, config: parseTsconfig(named, files) }
    if (createFilesMatcher(result)(file) !== undefined) return result
  }
  return undefined
}
