import { setPriority } from 'node:os'
import { messageOf } from '../utils/text'

let warned = false

/** Gives a process its priority. Call this right after its start: the threads that it starts later inherit it. */
export function applyNice(pid: number | undefined, nice: number | undefined): void {
  if (pid === undefined || nice === undefined) return
  try {
    setPriority(pid, nice)
  } catch (error) {
    warn(nice, error)
  }
}

/** Once: all workers of the program have the same rights. */
function warn(nice: number, error: unknown): void {
  if (warned) return
  warned = true
  process.emitWarning(`A worker process runs with the priority of this process, and not with \`nice: ${nice}\`.`, {
    type: 'PebbleWorkerWarning',
    code: 'PEBBLE_PRIORITY',
    detail: messageOf(error),
  })
}
