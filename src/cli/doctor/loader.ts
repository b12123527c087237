/** How the program that the doctor examines is started: with which loader of TypeScript. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { compilerOf } from '../../worker/loading/compilers'
import { hasTsx, typeScriptLoader } from '../../worker/loading/flags'
import { needsCompiler } from '../../worker/loading/prepare'
import { projectOf } from '../../worker/loading/project'
import type { Target } from './target'

export interface Loader {
  /** For the report: `tsx 4.23.15`; null for JavaScript. */
  readonly name: string | null
  /** Compiles each file for itself, without types. */
  readonly perFile: boolean
  /** Writes the metadata that `emitDecoratorMetadata` asks for. */
  readonly writesMetadata: boolean
  readonly execArgv: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

const AS_STARTED = { execArgv: [], env: {} }

/**
 * Keeps the loader that the doctor itself was started with. If there is none, TypeScript is compiled by tsx, as long as
 * the project needs no metadata, which tsx does not write; else by the library, with the project's own compiler.
 */
export function loaderFor(target: Target): Loader {
  if (!target.isTypeScript) return { name: null, perFile: false, writesMetadata: true, ...AS_STARTED }
  if (hasTsx()) return { ...byTsx(tsxOf(target.file)), ...AS_STARTED }
  const given = typeScriptLoader()
  if (given !== undefined) return { name: given, perFile: true, writesMetadata: true, ...AS_STARTED }
  if (!needsCompiler(target.ref) && isStripped()) {
    return { name: `Node.js ${process.version}`, perFile: true, writesMetadata: false, ...AS_STARTED }
  }
  const tsx = projectOf(target.file).options['emitDecoratorMetadata'] === true ? undefined : tsxOf(target.file)
  return tsx === undefined ? byCompiler(target.file) : { ...byTsx(tsx), ...startTsx(tsx, target.file) }
}

interface Tsx {
  readonly version: string
  /** The file that registers its hooks. */
  readonly loader: string
}

function byTsx(tsx: Tsx | undefined): Pick<Loader, 'name' | 'perFile' | 'writesMetadata'> {
  return { name: tsx === undefined ? 'tsx' : `tsx ${tsx.version}`, perFile: true, writesMetadata: false }
}

/** tsx looks for tsconfig.json in the current folder, which need not be that of the project. */
function startTsx(tsx: Tsx, file: string): Pick<Loader, 'execArgv' | 'env'> {
  const { path } = projectOf(file)
  const isSet = path === null || process.env['TSX_TSCONFIG_PATH'] !== undefined
  return {
    execArgv: ['--import', pathToFileURL(tsx.loader).href],
    env: isSet ? {} : { TSX_TSCONFIG_PATH: path },
  }
}

function byCompiler(file: string): Loader {
  const compiler = compilerOf(file)
  return {
    name: compiler === null ? null : `pebble-ts with ${compiler.replace(/@(?=[^@]*$)/, ' ')}`,
    perFile: true,
    writesMetadata: compiler?.startsWith('esbuild') !== true,
    ...AS_STARTED,
  }
}

function tsxOf(file: string): Tsx | undefined {
  for (const from of [file, `${process.cwd()}/`]) {
    try {
      const require = createRequire(from)
      const { version } = JSON.parse(readFileSync(require.resolve('tsx/package.json'), 'utf8')) as { version: string }
      return { version, loader: require.resolve('tsx') }
    } catch {
      // not installed there
    }
  }
  return undefined
}

function isStripped(): boolean {
  return Boolean((process.features as { typescript?: string | false }).typescript)
}
