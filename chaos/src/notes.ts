/** What bodies leave behind outside of the library: lines of files that only grow, each written at once. */
import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'

const files = new Map<string, number>()

/** The body of this call runs. */
export function noteRun(id: number): void {
  note('executed', `${id}\n`)
}

/** The call has the lock, or is about to let it go. */
export function noteTurn(mark: '+' | '-', id: number): void {
  note('turns', `${mark}${id}\n`)
}

function note(name: string, line: string): void {
  let fd = files.get(name)
  if (fd === undefined) files.set(name, (fd = open(name)))
  writeSync(fd, line)
}

/** Threads write to the descriptor that the program opened: one of their own would be lost with them. */
function open(name: string): number {
  if (!isMainThread) return Number(process.env[`PEBBLE_CHAOS_FD_${name}`])
  return openSync(join(process.env.PEBBLE_CHAOS as string, name), 'a')
}
