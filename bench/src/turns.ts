import { Lock, process, thread } from 'pebble-ts'

const lock = new Lock()

/** Acquires and releases the lock repeatedly for `span` ms. Returns the number of acquisitions. */
export async function takeTurns(span: number): Promise<number> {
  let turns = 0
  for (const end = performance.now() + span; performance.now() < end; turns++) (await lock.acquire())()
  return turns
}

export const inThread = thread(takeTurns)
export const inProcess = process(takeTurns)
