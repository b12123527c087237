/**
 * Results of elements that a worker process has not sent yet. A write to the pipe for each result would wake the parent
 * each time. So the first result of a chunk goes to the pipe at once, and the worker collects the frames of the others in a
 * buffer. It copies each one into the slot file, at the same place, before the next body starts. A killed worker loses
 * none:
 *
 *   buffer of the worker   │ frame │ frame │ frame │ 0           one write to the pipe per ms, or when the buffer is full
 *                          │   ▼   │   ▼   │   ▼   │ ▼
 *   slot file              │ frame │ frame │ frame │ 0 │ … old   one write per result: the frame, and 0 for "no more"
 *
 * The parent reads the file before a limit or a cancellation acts, when the worker has exited, and some ms after results
 * have arrived, because the next body may be a long one. It ignores results that it has received already.
 */
import { readSync } from 'node:fs'
import { areaOf } from './area'
import { FRAME_HEADER, frameLength, readFrame } from './frames'
import type { WorkerMessage } from './messages'

/** How many bytes the slot file has for results. */
export const RESULTS_BYTES = 16 * 1024

/** Reads the frames at `at` of the file. The worker may be writing there: what differs in a second read is left out. */
export function readKeptResults(fd: number, at: number): WorkerMessage[] {
  const [first, second] = [areaOf(Buffer.alloc(RESULTS_BYTES)), Buffer.alloc(RESULTS_BYTES)]
  readSync(fd, first.bytes, 0, RESULTS_BYTES, at)
  if (frameLength(first, 0) === 0) return []
  readSync(fd, second, 0, RESULTS_BYTES, at)
  const messages: WorkerMessage[] = []
  for (let from = 0; from + FRAME_HEADER <= RESULTS_BYTES;) {
    const end = from + frameLength(first, from)
    if (end < from + FRAME_HEADER || end > RESULTS_BYTES || first.bytes.compare(second, from, end, from, end) !== 0)
      break
    messages.push(readFrame(first, from))
    from = end
  }
  return messages
}
