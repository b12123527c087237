/** The worker processes of this thread's pools. Only the thread that started a process can collect it when it has ended. */
import { shared } from './shared'

export interface OwnProcess {
  /** Kills it, for this thread is about to end. Resolves once it has been collected; nobody is told of its end. */
  end(): Promise<void>
}

interface OwnProcesses {
  readonly all: Set<OwnProcess>
  /** How many there are, in memory that the parent of this thread reads; none in the program's own thread. */
  count: Int32Array | undefined
}

const own: OwnProcesses = shared('processes', () => ({ all: new Set(), count: undefined }))

export function shareCount(memory: SharedArrayBuffer): void {
  own.count = new Int32Array(memory)
}

export function addProcess(process: OwnProcess): void {
  own.all.add(process)
  if (own.count) Atomics.store(own.count, 0, own.all.size)
}

export function removeProcess(process: OwnProcess): void {
  own.all.delete(process)
  if (own.count) Atomics.store(own.count, 0, own.all.size)
}

export async function endProcesses(): Promise<void> {
  await Promise.all([...own.all].map((process) => process.end()))
}
