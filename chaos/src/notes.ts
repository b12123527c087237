/** Notes that bodies write to files, outside the library. The files only grow, and each line is written with one system call. */
import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'

const files = new Map<string, number>()

/** Notes that the body of this call runs. */
export function noteRun(id: number): void {
  note('executed', `${id}\n`)
}

/** Notes that the call has acquired the lock (`+`) or is about to release it (`-`). */
export function noteTurn(mark: '+' | '-', id: number): void {
  note('turns', `${mark}${id}\n`)
}

function note(name: string, line: string): void {
  let fd = files.get(name)
  if (fd === undefined) files.set(name, (fd = open(name)))
  writeSync(fd, line)
}

/** Threads write to the descriptor that the program has opened. A descriptor that a thread opens leaks when the thread is terminated. */
function open(name: string): number {
  if (!isMainThread) return Number(process.env[`PEBBLE_CHAOS_FD_${name}`])
  return openSync(join(process.env.PEBBLE_CHAOS as string, name), 'a')
}
