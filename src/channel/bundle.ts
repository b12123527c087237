/**
 * Starts workers of a library that a bundler has put into a file of the program: the files that workers begin with were
 * left behind, so they begin with the bundle. A few lines of text load it as a module that is not the main one (`require.main`
 * guards hold), and the library in it opens the session before the program's own code runs.
 */
import { Worker, type TransferListItem } from 'node:worker_threads'
import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { framesBelow } from '../registry/call-sites'
import type { ResourceLimits } from './channel'
import type { ThreadContext } from './thread-context'

/** What a worker is to open; the library in the bundle takes it while it is evaluated. */
export const SESSION = Symbol.for('pebble-ts.bundled-session')

const BOOT = `
const { isMainThread, parentPort, workerData } = require('node:worker_threads')
const { createRequire } = require('node:module')
const { pathToFileURL } = require('node:url')
const key = Symbol.for('${SESSION.description}')
const [file, format, depth] = isMainThread ? [process.argv[1], ...process.argv.splice(2, 2)] : workerData
if (isMainThread) process.execArgv.splice(process.execArgv.indexOf('-e'), 2)
const open = async (session) => {
  globalThis[key] = session
  try {
    if (format === 'esm') await import(pathToFileURL(file))
    else createRequire(file)(file)
  } catch (error) {
    if (globalThis[key]) throw error
    return // it is the module's, and its calls fail with it
  }
  if (globalThis[key]) throw new Error(
    'pebble-ts is bundled into ' + file + ', and a worker that loads this file does not run it. ' +
    'Keep the library out of the bundle: mark \\\`pebble-ts\\\` external.')
}
if (isMainThread) open({ depth: Number(depth) })
else parentPort.once('message', open)
`

/** What a worker process runs: its script, and the arguments of Node that run it; those of the program come behind them. */
export function bundleArguments(depth: number): { readonly script: string; readonly args: readonly string[] } {
  const { file, format } = findBundle()
  return { script: file, args: ['-e', BOOT, '--', file, format, String(depth)] }
}

interface BundlePoolOptions extends Partial<ThreadContext> {
  readonly resourceLimits?: ResourceLimits
}

/** In place of a tinypool of one thread: as much of it as `ThreadChannel` uses. */
export class BundlePool {
  readonly options = { minThreads: 1 }
  readonly threads: readonly [{ thread: Worker; threadId: number; once: Worker['once'] }]
  readonly #worker: Worker

  constructor({ resourceLimits, argv, execArgv, env }: BundlePoolOptions) {
    const { file, format } = findBundle()
    const worker = new Worker(BOOT, { eval: true, workerData: [file, format], resourceLimits, argv, execArgv, env })
    this.#worker = worker
    this.threads = [{ thread: worker, threadId: worker.threadId, once: worker.once.bind(worker) }]
  }

  on(): void {
    // a Worker tells its errors itself
  }

  run(session: object, { transferList }: { transferList: TransferListItem[] }): Promise<void> {
    this.#worker.postMessage(session, transferList)
    return Promise.resolve()
  }

  async destroy(): Promise<void> {
    await this.#worker.terminate()
  }
}

/** The file that this code is in. Its call sites tell, but those of evaluated code (webpack's `devtool: 'eval'`). */
function findBundle(): { file: string; format: 'esm' | 'cjs' } {
  const file = framesBelow(findBundle)[0]?.file ?? ''
  if (file.startsWith('file:')) return { file: fileURLToPath(file), format: 'esm' }
  return { file: isAbsolute(file) ? file : __filename, format: 'cjs' }
}
