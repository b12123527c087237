import { Worker } from 'node:worker_threads'
import { LIFELINE } from '../wire/messages'

/** How long this process may take to end by itself once its parent is gone, in ms. */
const GRACE = 500

/**
 * A thread that waits until the lifeline closes. The main thread may be in an endless loop and never return to its
 * events. The kernel closes the lifeline when the process at the other end ends, and Node closes it when the thread that
 * opened it ends. Comparing pids would be less reliable: a launcher may stand between, and pids are reused.
 *
 * The whole process group ends, including what this process has started. It is addressed by 0, the own group, which the
 * parent has made for this worker. The pid of this process would be wrong if a launcher leads the group.
 */
const WATCH = `
const { Socket } = require('node:net')
const end = () => process.kill(0, 'SIGKILL')
const lifeline = new Socket({ fd: ${LIFELINE}, readable: true, writable: false })
lifeline.on('error', () => undefined).on('close', () => setTimeout(end, ${GRACE})).resume()
`

export function watchParent(): void {
  const limits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 }
  const watchdog = new Worker(WATCH, { eval: true, execArgv: [], env: {}, resourceLimits: limits })
  watchdog.on('error', () => undefined) // without it, the main thread still sees the pipes close, between bodies
  watchdog.unref()
}

/** Ends this process and what it has started, because the parent is gone. */
export function endWithGroup(): never {
  process.once('exit', () => process.kill(0, 'SIGKILL'))
  process.exit(0)
}
