/**
 * The worker processes of this thread's pools. Only the thread that started a process can collect its exit code. So a
 * thread that has processes is told to end and collect them before it is terminated itself.
 */
import { shared } from './shared'

export interface OwnProcess {
  /**
   * Kills the process because this thread is about to end. Resolves when it was collected; its exit is not reported.
   */
  end(): Promise<void>
}

interface OwnProcesses {
  readonly all: Set<OwnProcess>
  /** Their number, in memory that the parent of this thread reads. Undefined in the main thread. */
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
