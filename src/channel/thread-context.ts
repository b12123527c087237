import { Worker } from 'node:worker_threads'
import { parseOptions, splitNodeOptions, type NodeOption } from '../utils/node-options'
import { fateOf } from './inherited-options'
import { dependsOnFolder, startFolder, withResolvedModule } from './start-folder'

/** How a thread is started. What is not there it has from this thread. */
export interface ThreadContext {
  readonly argv: string[]
  readonly execArgv?: string[]
  readonly env?: Record<string, string>
}

/** With it a thread tells a watcher of its modules, by messages that tinypool does not expect. */
const WATCH_VARIABLE = 'WATCH_REPORT_DEPENDENCIES'

/**
 * Threads inherit the options of this process. Only where one of them would not work in a thread, they get a list of
 * their own; what `NODE_OPTIONS` says is in it then.
 */
export function threadContext(): ThreadContext {
  const argv = process.argv.slice(2)
  const options = parseOptions([...splitNodeOptions(process.env['NODE_OPTIONS'] ?? ''), ...process.execArgv])
  const folder = startFolder(options) ?? process.cwd()
  const moved = folder !== process.cwd()
  if (options.some((option) => mustChange(option, moved))) {
    const own = options.filter((option) => fateOf(option, 'thread') !== 'dropped')
    const found = own.map((option) => (isPreload(option) ? withResolvedModule(option, folder) : option))
    return { argv, execArgv: found.filter(isForThreads).flatMap(({ words }) => words), env: without('NODE_OPTIONS') }
  }
  return WATCH_VARIABLE in process.env ? { argv, env: without(WATCH_VARIABLE) } : { argv }
}

const isPreload = (option: NodeOption): boolean => fateOf(option, 'thread') === 'module'

function mustChange(option: NodeOption, moved: boolean): boolean {
  return fateOf(option, 'thread') === 'dropped' || (moved && isPreload(option) && dependsOnFolder(option))
}

function without(variable: string): Record<string, string> {
  const { [WATCH_VARIABLE]: _watch, [variable]: _left, ...env } = process.env
  return env as Record<string, string>
}

/** No thread starts with an option that Node does not know. */
const UNKNOWN = '--pebble-ts-probe'

/**
 * Whether Node takes the option for a single thread. It refuses those of the whole process, and of V8, by an exception
 * of the constructor that names what it refused.
 */
function isForThreads({ words }: NodeOption): boolean {
  try {
    new Worker('', { eval: true, execArgv: [...words, UNKNOWN] })
  } catch (error) {
    return (error as Error).message.endsWith(`: ${UNKNOWN}`)
  }
  return false
}
