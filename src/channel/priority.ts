import { setPriority } from 'node:os'
import { warnOnce } from '../registry/warn-once'
import { messageOf } from '../utils/text'

/** Gives a process its priority. Call this right after its start: the threads that it starts later inherit it. */
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
  }
}
