import { Worker } from 'node:worker_threads'

/** How often the parent is looked for, in ms. */
const EVERY = 500

/**
 * A thread that looks whether the parent lives: this process may be in a loop that never comes back to its events, and
 * no event tells it that its parent was killed. Then the whole group ends, what this process has started included.
 */
const WATCH = `
const { workerData: parent } = require('node:worker_threads')
const never = new Int32Array(new SharedArrayBuffer(4))
while (process.ppid === parent) Atomics.wait(never, 0, 0, ${EVERY})
try { process.kill(-process.pid, 'SIGKILL') } catch { process.kill(process.pid, 'SIGKILL') }
`

/** @param parent its process id, from itself: it may be gone before this process asks who it is */
export function watchParent(parent: number): void {
  const limits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 }
  const watchdog = new Worker(WATCH, { eval: true, workerData: parent, execArgv: [], env: {}, resourceLimits: limits })
  watchdog.on('error', () => undefined) // without it the pipes' ends still tell, between bodies
  watchdog.unref()
}

/** Ends this process, and what it has started: the parent is gone. */
export function endWithGroup(): never {
  process.once('exit', () => {
    try {
      process.kill(-process.pid, 'SIGKILL')
    } catch {
      // no process groups here (Windows)
    }
  })
  process.exit(0)
}
