import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'
import { warnOnce } from '../registry/warn-once'
import { messageOf } from '../utils/text'

/** Gives a process its priority, with all its threads. The threads that it starts later inherit it. */
export function applyNice(pid: number | undefined, nice: number | undefined): void {
  if (pid === undefined || nice === undefined) return
  try {
    setPriority(pid, nice)
  } catch (error) {
    warnOnce('priority', `A worker process runs with the priority of this process, and not with \`nice: ${nice}\`.`, {
      type: 'PebbleWorkerWarning',
      code: 'PEBBLE_PRIORITY',
      detail: messageOf(error),
    })
    return
  }
  for (const thread of threadsOf(pid)) attempt(() => setPriority(thread, nice)) // it may have ended
}

/** On Linux, each thread has a priority of its own. Node.js starts some before this process goes on. */
function threadsOf(pid: number): number[] {
  return attempt(() => readdirSync(`/proc/${pid}/task`).map(Number)) ?? [] // other systems have no such folder
}

function attempt<T>(fn: () => T): T | undefined {
  try {
    return fn()
  } catch {
    return undefined
  }
}
