/**
 * Starts workers if a bundler has put the library into a file of the program. The bundle does not contain the files that
 * workers normally begin with, so its workers begin with a few lines of text. These load the bundle as a module that is
 * not the main one, so guards by `require.main` work. The library in the bundle then opens the session before the
 * program's own code runs.
 */
import { Worker, type TransferListItem } from 'node:worker_threads'
import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { framesBelow } from '../registry/call-sites'
import type { ResourceLimits } from './channel'
import type { ThreadContext } from './thread-context'

/** The global property that holds the session to open. The library in the bundle takes it while it is evaluated. */
export const SESSION = Symbol.for('pebble-ts.bundled-session')

const BOOT = `
const { isMainThread, parentPort, workerData } = require('node:worker_threads')
const { createRequire, setSourceMapsSupport } = require('node:module')
const { pathToFileURL } = require('node:url')
const key = Symbol.for('${SESSION.description}')
const [file, format, depth] = isMainThread ? [process.argv[1], ...process.argv.splice(2, 2)] : workerData
if (isMainThread) process.execArgv.splice(process.execArgv.indexOf('-e'), 2)
// Node reads the source map of the bundle as it loads it, which is before worker/loading/source-maps.ts runs.
const enableSourceMaps = () =>
  setSourceMapsSupport ? setSourceMapsSupport(true, { nodeModules: false }) : process.setSourceMapsEnabled(true)
const open = async (session) => {
  if (!Object.isFrozen(Error)) enableSourceMaps()
  globalThis[key] = session
  try {
    if (format === 'esm') await import(pathToFileURL(file))
    else createRequire(file)(file)
  } catch (error) {
    if (globalThis[key]) throw error
    return // the error comes from the program's module: its calls fail with it
  }
  if (globalThis[key]) throw new Error(
    'pebble-ts is bundled into ' + file + ', and a worker that loads this file does not run it. ' +
    'Keep the library out of the bundle: mark \\\`pebble-ts\\\` external.')
}
if (isMainThread) open({ depth: Number(depth) })
else parentPort.once('message', open)
`

/** The script of a worker process, and the arguments of Node that run it. The program's own arguments follow them. */
export function bundleArguments(depth: number): { readonly script: string; readonly args: readonly string[] } {
  const { file, format } = findBundle()
  return { script: file, args: ['-e', BOOT, '--', file, format, String(depth)] }
}

interface BundlePoolOptions extends Partial<ThreadContext> {
  readonly resourceLimits?: ResourceLimits
}

/** Replaces a tinypool of one thread. It has the part of the interface that `ThreadChannel` uses. */
export class BundlePool {
  readonly options = { minThreads: 1 }
  readonly threads: readonly [{ thread: Worker; threadId: number; once: Worker['once'] }]
  readonly #worker: Worker

  constructor({ resourceLimits, argv, execArgv, env }: BundlePoolOptions) {
    const { file, format } = findBundle()
    const worker = new Worker(BOOT, { eval: true, workerData: [file, format], resourceLimits, argv, execArgv, env })
    worker.on('error', () => undefined) // the channel hears the first error; any other must not end the program
    this.#worker = worker
    this.threads = [{ thread: worker, threadId: worker.threadId, once: worker.once.bind(worker) }]
  }

  on(): void {
    // a Worker emits its errors itself
  }

  run(session: object, { transferList }: { transferList: TransferListItem[] }): Promise<void> {
    this.#worker.postMessage(session, transferList)
    return Promise.resolve()
  }

  async destroy(): Promise<void> {
    await this.#worker.terminate()
  }
}

/** The file that contains this code: from its call site or, in evaluated code (webpack's `devtool: 'eval'`), `__filename`. */
function findBundle(): { file: string; format: 'esm' | 'cjs' } {
  const file = framesBelow(findBundle)[0]?.file ?? ''
  if (file.startsWith('file:')) return { file: fileURLToPath(file), format: 'esm' }
  return { file: isAbsolute(file) ? file : __filename, format: 'cjs' }
}
