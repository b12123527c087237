/**
 * Which worker gets a call, how many calls are sent ahead to a busy worker, and when they are sent. The calls that were
 * sent ahead are the backlog of the worker. Short calls fill it, in batches, so that neither side waits for the other.
 * Long calls, and those of unknown length, are sent one at a time: no call waits behind a slow one while another worker
 * is idle. Short calls do not keep more workers busy than there are cores.
 */
import { availableParallelism } from 'node:os'
import { SLOTS } from '../wire/slots'
import type { Call } from './call'
import type { WorkerHandle } from './worker-handle'
import type { WorkerManager } from './worker-manager'

/** Calls are sent ahead until a worker has this many, those that run included. */
const MAX_CALLS = SLOTS / 2
/** The most work that may wait in a backlog, in ms. */
const MAX_WAITING = 1
/** Calls that are expected to take longer than this, in ms, are not sent ahead: the round trip costs little then. */
const LONGEST_AHEAD = 5
/** Calls that are expected to take longer than this, in ms, wake any idle worker. */
const LONGEST_SHORT = 0.1
/** How many microtasks pass while a batch gathers calls. An `await` of a future takes three. */
const GATHER = 4
const CORES = availableParallelism()

/**
 * Chooses an idle worker, a new one, or the least loaded one whose backlog has room for the call. `undefined`: the call
 * waits.
 *
 * A short call is `saving` if the pool has more workers than short calls need (`most`). A worker is `working` if it has
 * calls that will soon be done.
 *
 *   not saving                           the first idle worker; a new one; the least loaded one
 *   saving, fewer than `most` working    the same
 *   saving, `most` or more working       the least loaded one of the first `most`, unless it has a long call; or none
 *
 * @param only the workers that can run the call, if others cannot
 */
export function chooseWorker(
  call: Call,
  workers: WorkerManager,
  concurrency: number,
  only?: ReadonlySet<WorkerHandle>,
): WorkerHandle | undefined {
  const most = mostForShortCalls(call)
  const saving = !only && concurrency === 1 && workers.assignable.length > most && isShort(call)
  let best: WorkerHandle | undefined
  let idle: WorkerHandle | undefined
  let working = 0
  for (const worker of workers.assignable) {
    if (!workers.canTakeCall(worker) || (only && !only.has(worker))) continue
    if (worker.inFlight === 0) {
      if (!saving) return worker
      idle ??= worker
      continue
    }
    const isWorking = worker.isReady && !worker.isStalled && worker.load <= MAX_WAITING
    if (isWorking) working += 1
    if (saving && isWorking && working > most) continue // this worker is to become idle
    if (!hasRoom(worker, call, concurrency)) continue
    if (!best || worker.load < best.load) best = worker
  }
  if (idle && working < most) return idle
  if (idle || (saving && working >= most)) return best && best.load <= MAX_WAITING ? best : undefined // not behind a call that is known to be long
  return only ? best : (workers.addWorker() ?? best)
}

/**
 * How many workers short calls keep busy. For a call of a queue, this program has more work to do than a short body
 * takes, so one process keeps up.
 */
const mostForShortCalls = ({ raw }: Call): number => (raw ? 1 : CORES)

/** Whether waking another worker gains nothing, because a busy one could start the call just as soon. */
function isShort({ payload }: Call): boolean {
  return !payload.transfer && payload.method.expectedDuration <= LONGEST_SHORT
}

/** After a timeout, the next calls of this method are sent one at a time. */
export function expectLongBodies(call: Call): void {
  call.payload.method.expectedDuration = Math.max(call.limits.timeout ?? 0, LONGEST_AHEAD)
}

function hasRoom(worker: WorkerHandle, call: Call, concurrency: number): boolean {
  if (worker.inFlight >= SLOTS) return false // whatever the concurrency is: there is no free slot
  if (worker.inFlight < concurrency) return true
  if (!worker.isReady || worker.isStalled) return false
  const { method, transfer } = call.payload
  const { expectedDuration } = method
  if (transfer) return false // what was transferred cannot be sent again to another worker
  if (worker.inFlight >= MAX_CALLS || expectedDuration > LONGEST_AHEAD) return false
  return worker.inFlight === concurrency || worker.load + expectedDuration <= MAX_WAITING * concurrency
}

/** Sends the calls that were assigned to busy workers some microtasks later, in batches. */
export class Batches {
  readonly #workers: WorkerManager
  readonly #send: (worker: WorkerHandle) => void
  #gathering = false

  /** @param send sends the calls that were assigned to a worker */
  constructor(workers: WorkerManager, send: (worker: WorkerHandle) => void) {
    this.#workers = workers
    this.#send = send
  }

  sendSoon(): void {
    if (this.#gathering) return
    this.#gathering = true
    let left = GATHER
    const wait = (): void => {
      left -= 1
      if (left > 0) void Promise.resolve().then(wait)
      else this.#sendAll()
    }
    void Promise.resolve().then(wait)
  }

  #sendAll(): void {
    this.#gathering = false
    for (const worker of this.#workers.all()) this.#send(worker)
  }
}
