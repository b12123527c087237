/** The arguments, environment and folder with which a worker process starts. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { writeNote, type StartNote } from '../registry/start-note'
import { joinNodeOptions, parseOptions, splitNodeOptions, type NodeOption } from '../utils/node-options'
import type { ChannelOptions, ProcessContext, ResourceLimits } from './channel'
import { inheritRule } from './inherited-options'
import { dependsOnFolder, startFolder, withAbsolutePath } from './start-folder'

export interface ProcessStart {
  /** The arguments of Node before the script. */
  readonly execArgv: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string | undefined
}

/**
 * Decides how a worker process starts. It inherits from this process what the context does not set.
 *
 * Preloads are resolved from the folder in which the program was started. A worker with another `cwd` starts in that folder,
 * too, and changes to its own before it imports any user code. So package names resolve as they did in the program.
 */
export function processStart(options: ChannelOptions, note: StartNote): ProcessStart {
  const { context = {} } = options
  const inherited = inheritedOptions(context)
  const cwd = context.cwd === undefined ? process.cwd() : resolve(context.cwd)
  const folder = folderOfPreloads([...inherited.execArgv, ...inherited.nodeOptions], cwd)
  const limits = limitArguments(context.resourceLimits ?? options.resourceLimits)
  return {
    execArgv: [...(context.execArgv ?? wordsOf(inherited.execArgv)), ...limits],
    env: environment(context, inherited.nodeOptions, folder === undefined ? note : { ...note, cwd }),
    cwd: folder ?? context.cwd,
  }
}

interface InheritedOptions {
  readonly execArgv: readonly NodeOption[]
  readonly nodeOptions: readonly NodeOption[]
}

/** The program's options that a worker inherits; none if the context sets its own. */
function inheritedOptions({ execArgv, env }: ProcessContext): InheritedOptions {
  const nodeOptions = splitNodeOptions(process.env['NODE_OPTIONS'] ?? '')
  return {
    execArgv: execArgv ? [] : forProcesses(process.execArgv),
    nodeOptions: env && 'NODE_OPTIONS' in env ? [] : forProcesses(nodeOptions),
  }
}

function forProcesses(words: readonly string[]): NodeOption[] {
  const kept = parseOptions(words).filter((option) => inheritRule(option, 'process') !== 'dropped')
  const folder = startFolder(kept) ?? process.cwd()
  return kept.map((option) => (inheritRule(option, 'process') === 'path' ? withAbsolutePath(option, folder) : option))
}

/** The folder in which Node has to start, if it is not the worker's own. */
function folderOfPreloads(options: readonly NodeOption[], cwd: string): string | undefined {
  const preloads = options.filter((option) => inheritRule(option, 'process') === 'module' && dependsOnFolder(option))
  const folder = preloads.length > 0 ? startFolder(preloads) : undefined
  return folder !== undefined && folder !== cwd && existsSync(folder) ? folder : undefined
}

/** The environment of this process, changed by the context. */
function environment(context: ProcessContext, options: readonly NodeOption[], note: StartNote): NodeJS.ProcessEnv {
  const nodeOptions = options.length > 0 ? joinNodeOptions(wordsOf(options)) : undefined
  const all: NodeJS.ProcessEnv = { ...process.env, NODE_OPTIONS: nodeOptions, ...context.env, ...writeNote(note) }
  for (const [name, value] of Object.entries(all)) if (value === undefined) delete all[name]
  return all
}

const wordsOf = (options: readonly NodeOption[]): string[] => options.flatMap(({ words }) => words)

function limitArguments(limits: ResourceLimits | undefined): string[] {
  const flags: string[] = []
  if (limits?.maxOldGenerationSizeMb) flags.push(`--max-old-space-size=${limits.maxOldGenerationSizeMb}`)
  if (limits?.maxYoungGenerationSizeMb) flags.push(`--max-semi-space-size=${limits.maxYoungGenerationSizeMb}`)
  if (limits?.stackSizeMb) flags.push(`--stack-size=${Math.floor(limits.stackSizeMb * 1000)}`)
  return flags
}
