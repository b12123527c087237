import { Worker } from 'node:worker_threads'
import { LIFELINE } from '../wire/messages'

/** How long this process may take to end by itself once its parent is gone, in ms. */
const GRACE = 500

/**
 * A thread that waits for the end of the lifeline: this process may be in a loop that never comes back to its events.
 * The kernel closes the lifeline with the process at the other end, and Node with the thread: so it also tells when
 * only a thread of the program was ended. Pids tell less: a launcher may stand between, and they are used again.
 *
 * The group ends as a whole, with what this process has started. It is not named by this process's pid, because a
 * launcher may lead it; 0 is the own group, which the parent made for this worker.
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
  watchdog.on('error', () => undefined) // without it the pipes' ends still tell, between bodies
  watchdog.unref()
}

/** Ends this process, and what it has started: the parent is gone. */
export function endWithGroup(): never {
  process.once('exit', () => process.kill(0, 'SIGKILL'))
  process.exit(0)
}
