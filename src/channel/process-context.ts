import type { ChannelOptions, ProcessContext, ResourceLimits } from './channel'

/** Options that would make a worker something else than a worker, each with the number of its separate arguments. */
const NOT_FOR_WORKERS: Readonly<Record<string, number>> = {
  '-e': 1,
  '--eval': 1,
  '-p': 1,
  '-pe': 1,
  '--print': 1,
  '-i': 0,
  '--interactive': 0,
  '-c': 0,
  '--check': 0,
}
/** Families of such options: debugger, watcher, test runner, and profiles that would overwrite each other. */
const NOT_FOR_WORKERS_EITHER = /^--(?:inspect|watch|test|cpu-prof|heap-prof)\b/

/** The arguments of Node before the program: the context's, or this process's as far as they suit a worker. */
export function nodeArguments(options: ChannelOptions): string[] {
  const given = options.context?.execArgv ?? inherited(process.execArgv)
  return [...given, ...limitArguments(options.context?.resourceLimits ?? options.resourceLimits)]
}

/** The environment of a worker: ours, changed by the context. */
export function workerEnvironment(context: ProcessContext): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, ...context.env }
  for (const [name, value] of Object.entries(environment)) if (value === undefined) delete environment[name]
  return environment
}

function inherited(execArgv: readonly string[]): string[] {
  const kept: string[] = []
  for (let index = 0; index < execArgv.length; index++) {
    const option = execArgv[index] as string
    const name = option.split('=', 1)[0] as string
    const separate = NOT_FOR_WORKERS[name]
    if (separate !== undefined) index += option.includes('=') ? 0 : separate
    else if (!NOT_FOR_WORKERS_EITHER.test(name)) kept.push(option)
  }
  return kept
}

function limitArguments(limits: ResourceLimits | undefined): string[] {
  const flags: string[] = []
  if (limits?.maxOldGenerationSizeMb) flags.push(`--max-old-space-size=${limits.maxOldGenerationSizeMb}`)
  if (limits?.maxYoungGenerationSizeMb) flags.push(`--max-semi-space-size=${limits.maxYoungGenerationSizeMb}`)
  if (limits?.stackSizeMb) flags.push(`--stack-size=${Math.floor(limits.stackSizeMb * 1000)}`)
  return flags
}
