/** What the nearest tsconfig.json says of a file. */
import { dirname } from 'node:path'
import { createPathsMatcher, getTsconfig, type PathsMatcher } from 'get-tsconfig'

export interface Project {
  /** `compilerOptions`, with `extends` followed. */
  readonly options: Record<string, unknown>
  readonly folder: string
  /** The files that `paths` and `baseUrl` name for a specifier; null where there are none. */
  readonly candidatesFor: PathsMatcher | null
}

const projects = new Map<string, Project>()
const files = new Map<string, string>()

export function projectOf(file: string): Project {
  const folder = dirname(file)
  const project = projects.get(folder) ?? readProject(folder)
  projects.set(folder, project)
  return project
}

function readProject(folder: string): Project {
  const found = getTsconfig(folder, 'tsconfig.json', files)
  if (found === null) return { options: {}, folder, candidatesFor: null }
  const options = (found.config.compilerOptions ?? {}) as Record<string, unknown>
  return { options, folder: dirname(found.path), candidatesFor: createPathsMatcher(found) }
}
