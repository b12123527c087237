import type { WorkerExit } from '../channel/channel'
import { offerQueueService } from '../queues/queue'
import { ownerExited, serveRequest } from '../registry/services'
import { offerLockService } from '../sync/lock-table'
import { clearAfter } from '../utils/after'
import { packThrown } from '../wire/errors'
import { MessageKind, UNANSWERED, type WorkerMessage } from '../wire/messages'
import { pack, type PackContext, type Packed } from '../wire/values'
import { CallState, type Call } from './call'
import * as errors from './call-errors'
import { isEvent, outcomeError, outcomeValue, warnOfUncaughtError, type CallLedger } from './call-ledger'
import type { CallQueue, QueueAccess } from './call-queue'
import type { CallTimer } from './call-timer'
import type { Deadlines } from './deadlines'
import type { FailedImports } from './failed-imports'
import type { StartFailures } from './start-failures'
import type { WorkerStopper } from './stop-calls'
import { REVOKED, type WorkerHandle } from './worker-handle'
import type { WorkerManager } from './worker-manager'

/** The parts of a dispatcher that handle the messages and exits of workers. */
export interface DispatcherParts extends QueueAccess {
  readonly workers: WorkerManager
  readonly ledger: CallLedger
  readonly timer: CallTimer
  readonly queue: CallQueue
  readonly deadlines: Deadlines
  readonly stopper: WorkerStopper
  readonly failedImports: FailedImports
  readonly startFailures: StartFailures
  /**
   * A worker has no calls left, and none is queued: it may take over calls that wait behind a long one in another
   * worker.
   */
  moveWaitingCalls(): void
}

/**
 * Handles what arrives from the workers of a pool.
 *
 *   event (item, element …) ─► listeners of the call         Ready, OverMemory ──► worker manager
 *   outcome ─────────────────► ledger                        Broken ─────────────► the pool breaks
 *   Revoked: skipped ────────► queue, unless settled         Request ────────────► services, answered
 *   exit ──► started calls: ledger; others: queue            Failed, Warning: errors that belong to no call
 */
export class WorkerMessages {
  readonly #parts: DispatcherParts

  constructor(parts: DispatcherParts) {
    this.#parts = parts
  }

  received(worker: WorkerHandle, message: WorkerMessage): void {
    switch (message.kind) {
      case MessageKind.Ready:
        this.#parts.workers.workerReady(worker)
        return this.#parts.pump()
      case MessageKind.Broken:
        return this.#parts.startFailures.initializerFailed(outcomeError(message, 'the initializer'))
      case MessageKind.OverMemory:
        return this.#overMemory(worker)
      case MessageKind.Request:
        return answerRequest(worker, message)
      case MessageKind.Failed:
        worker.failure = outcomeError(message, 'a worker')
        return
      case MessageKind.Warning:
        return warnOfUncaughtError(outcomeError(message, 'a worker'))
      default:
        this.#ofCall(worker, message)
    }
  }

  /** @param givenUp too many workers in a row did not start, this one included; no other is started */
  exited(worker: WorkerHandle, reported: WorkerExit, givenUp: boolean): void {
    const { deadlines, timer, failedImports, ledger, queue } = this.#parts
    deadlines.workerExited(worker)
    ownerExited(worker.name, reported.descendants) // the services release what it owned: locks, waits, queue items
    worker.drain()
    const exit = { ...reported, error: worker.failure ?? reported.error }
    for (const call of worker.calls()) clearAfter(call.graceTimer) // of settled calls, too: no worker is left to kill
    const calls = worker.calls().filter((call) => call.state !== CallState.Settled)
    for (const call of calls) timer.noteStart(call)
    timer.workerExited(worker, exit)
    const retried = failedImports.workerExited(worker, exit, calls)
    this.#parts.requeue(retried.slice())
    for (const call of calls) {
      if (retried.includes(call)) continue
      const started = !call.moved || worker.isRunning(call)
      ledger.fail(call, errors.expiredError(call, worker.channel, exit, started))
    }
    for (const [call, refusal] of failedImports.refused(queue)) ledger.fail(call, refusal)
    this.#parts.startFailures.workerExited(worker, exit, givenUp)
    this.#parts.pump()
  }

  #ofCall(worker: WorkerHandle, message: WorkerMessage): void {
    const entry = worker.entry(message.sequence)
    if (entry === undefined) return
    const call = entry === REVOKED ? undefined : entry
    if (isEvent(message.kind)) {
      const unreadable = call?.state === CallState.Sent && this.#parts.ledger.event(call, message)
      if (unreadable) this.#parts.stopper.stop(call, `A message from ${call.label} could not be read.`)
      return
    }
    worker.outcomes += 1
    if (call && message.kind !== MessageKind.Revoked) {
      this.#parts.timer.measured(call, message.duration)
      this.#parts.failedImports.imported(call, worker)
    }
    worker.release(message.sequence)
    if (call) this.#conclude(call, message)
    if (worker.inFlight === 0) this.#parts.workers.workerIdle(worker) // before the pump: a retiring worker makes room
    if (this.#parts.ledger.pending === 0) return // no call waits or runs
    if (this.#parts.queue.size > 0) this.#parts.pump()
    else if (worker.inFlight === 0) this.#parts.moveWaitingCalls()
  }

  #conclude(call: Call, message: WorkerMessage): void {
    if (call.graceTimer) clearAfter(call.graceTimer)
    if (call.state === CallState.Settled) return
    if (message.kind === MessageKind.Revoked) {
      this.#parts.requeue([call]) // it seemed to have started, but the worker has skipped it
      return
    }
    call.payload.method.recordDuration(message.duration)
    this.#parts.ledger.conclude(call, message)
  }

  /** The worker ends after the calls that it has started. Other workers run the rest. */
  #overMemory(worker: WorkerHandle): void {
    worker.isOverMemory = true
    this.#parts.workers.prepareSpare()
    this.#parts.requeue(worker.revokeAll())
    this.#parts.pump()
    if (worker.inFlight === 0) this.#parts.workers.workerIdle(worker)
  }
}

/** Serves a request of a worker (locks, queues), and sends the response. */
function answerRequest(worker: WorkerHandle, message: WorkerMessage): void {
  offerLockService()
  offerQueueService()
  const context: PackContext = { root: 'response', kind: worker.channel.kind }
  const { sequence: request } = message // the number of the request
  const wanted = request !== UNANSWERED
  const respond = (failed: boolean, { data, flags, transfer, classes }: Packed): void => {
    if (!wanted) return
    worker.channel.send({ type: 'response', request, failed, data, flags, classes }, transfer)
    worker.openRequests -= 1
  }
  if (wanted) worker.openRequests += 1
  const serve = async (): Promise<void> => {
    const [service, body] = outcomeValue(message) as [string, unknown]
    respond(false, pack(await serveRequest(worker.name, service, body), context))
  }
  serve().catch((error: unknown) => respond(true, packThrown(error, context)))
}
