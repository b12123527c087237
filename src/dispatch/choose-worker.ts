import { SLOTS } from '../wire/messages'
import type { Call } from './call'
import type { WorkerManager } from './worker-manager'
import type { WorkerHandle } from './worker-handle'

/**
 * How much is sent to a worker ahead of what it runs. Short calls fill the pipe, so that neither side waits for the
 * other; long or unknown ones are sent one at a time, so that none waits behind a slow one while another worker idles.
 */

/** Calls in a pipe at the most. */
const DEEPEST = SLOTS / 2
/** Work that may wait in a pipe, in ms. */
const AHEAD = 1
/** Bodies below this, in ms, always have their successor with them: the round trip is no pause. */
const WORTH_ONE_AHEAD = 5

/**
 * A worker for the call: an idle one, a new one, or the least loaded whose pipe has room for it.
 *
 * @param only those that can run it, where no other can
 */
export function chooseWorker(
  call: Call,
  workers: WorkerManager,
  concurrency: number,
  only?: ReadonlySet<WorkerHandle>,
): WorkerHandle | undefined {
  let best: WorkerHandle | undefined
  for (const worker of workers.assignable) {
    if (!workers.canTakeCall(worker) || (only && !only.has(worker))) continue
    if (worker.inFlight === 0) return worker
    if (!hasRoom(worker, call, concurrency)) continue
    if (!best || worker.load < best.load) best = worker
  }
  return only ? best : (workers.addWorker() ?? best)
}

/** A limit passed: the next calls of this method are sent one at a time. */
export function expectLongBodies(call: Call): void {
  call.payload.method.expectedDuration = Math.max(call.limits.timeout ?? 0, WORTH_ONE_AHEAD)
}

function hasRoom(worker: WorkerHandle, call: Call, concurrency: number): boolean {
  if (worker.inFlight >= SLOTS) return false // whatever the concurrency: the call would find no slot
  if (worker.inFlight < concurrency) return true
  if (!worker.alive || worker.isStalled) return false
  const { method, transfer } = call.payload
  const { expectedDuration } = method
  if (transfer) return false // what it moves cannot be sent again
  if (worker.inFlight >= DEEPEST || expectedDuration > WORTH_ONE_AHEAD) return false
  return worker.inFlight === concurrency || worker.load + expectedDuration <= AHEAD * concurrency
}
