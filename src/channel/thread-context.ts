import { Worker } from 'node:worker_threads'
import { parseOptions, splitNodeOptions, type NodeOption } from '../utils/node-options'
import { inheritRule } from './inherited-options'
import { dependsOnFolder, startFolder, withResolvedModule } from './start-folder'

/** How a thread is started. It inherits from this thread what is absent here. */
export interface ThreadContext {
  readonly argv: string[]
  readonly execArgv?: string[]
  readonly env?: Record<string, string>
}

/**
 * `node --watch` sets it. With it, a thread reports its modules by messages that tinypool does not expect:
 * https://github.com/nodejs/node/issues/65044
 */
const WATCH_VARIABLE = 'WATCH_REPORT_DEPENDENCIES'

/**
 * Threads inherit the options of this process. If one of these does not work in a thread, they get a list of their own,
 * which includes the options of `NODE_OPTIONS`.
 */
export function threadContext(): ThreadContext {
  const argv = process.argv.slice(2)
  const options = parseOptions([...splitNodeOptions(process.env['NODE_OPTIONS'] ?? ''), ...process.execArgv])
  const folder = startFolder(options) ?? process.cwd()
  const moved = folder !== process.cwd()
  if (options.some((option) => mustChange(option, moved))) {
    const own = options.filter((option) => inheritRule(option, 'thread') !== 'dropped')
    const found = own.map((option) => (isPreload(option) ? withResolvedModule(option, folder) : option))
    return { argv, execArgv: found.filter(isForThreads).flatMap(({ words }) => words), env: without('NODE_OPTIONS') }
  }
  return WATCH_VARIABLE in process.env ? { argv, env: without(WATCH_VARIABLE) } : { argv }
}

const isPreload = (option: NodeOption): boolean => inheritRule(option, 'thread') === 'module'

function mustChange(option: NodeOption, moved: boolean): boolean {
  return inheritRule(option, 'thread') === 'dropped' || (moved && isPreload(option) && dependsOnFolder(option))
}

function without(variable: string): Record<string, string> {
  const { [WATCH_VARIABLE]: _watch, [variable]: _left, ...env } = process.env
  return env as Record<string, string>
}

/** An option that Node does not know: no thread starts with it. */
const UNKNOWN = '--pebble-ts-probe'

/**
 * Whether Node accepts the option for a single thread. It refuses options of the whole process and of V8: the constructor
 * throws an error that names each refused option. No thread starts here, because one unknown option is always refused.
 */
function isForThreads({ words }: NodeOption): boolean {
  try {
    new Worker('', { eval: true, execArgv: [...words, UNKNOWN] })
  } catch (error) {
    return (error as Error).message.endsWith(`: ${UNKNOWN}`)
  }
  return false
}
