/**
 * Matches queued calls to workers, and brings every call to its end.
 *
 *             submit                    pump                        start mark
 *   caller ──────────► queue (FIFO) ──────────► worker's pipe ─ ─ ─ ─ ─ ─ ─ ─ ─► body
 *                        ▲                        │ │ │                           │
 *                        └── taken back, or its ──┘ │ └── timeout, cancel: kill   │
 *                            worker died unstarted  │                             │
 *                                                   ▼                             ▼
 *                                      ledger ◄── exit                 outcome ───┘
 *
 * All of it runs outside of the callers' asynchronous contexts: workers and timers serve many calls. What belongs to one
 * call, its callbacks, was given the context of that call.
 *
 * What may race: an outcome, a limit, a cancellation and the worker's end. The ledger lets the first win. Whether a call
 * may run again is asked of its slot alone: not started means taken back, and taken back means never started.
 */
import type { WorkerExit } from '../channel/channel'
import { clearAfter } from '../utils/after'
import { runOutside } from '../utils/async-context'
import { MessageKind, type ControlMessage, type WorkerMessage } from '../wire/messages'
import { awaitAtExit } from './at-exit'
import { Batches } from './batches'
import { BulkRevocation } from './bulk-revocation'
import { CallState, type Call, type CallDispatcher } from './call'
import { CallQueue } from './call-queue'
import { CallTimer } from './call-times'
import { WorkerManager, type WorkerManagerOptions } from './worker-manager'
import { Deadlines } from './deadlines'
import * as endings from './call-errors'
import { FailedImports } from './failed-imports'
import { CallLedger } from './call-ledger'
import { REVOKED, type WorkerHandle } from './worker-handle'
import { isEvent, outcomeError, warnOfUncaughtError } from './outcomes'
import { expectLongBodies, chooseWorker } from './choose-worker'
import { answerRequest, releaseOwned } from './worker-services'
import { ResponseWatch } from './response-watch'
import { StallWatch } from './stall-watch'
import { StartRetry } from './start-retry'
import { WorkerStopper } from './worker-stopper'

export interface DispatcherOptions extends Omit<WorkerManagerOptions, 'open'> {
  /** Name of the pool, for messages. */
  readonly name: string
  readonly open: WorkerManagerOptions['open']
  /** Bodies that run in one worker at once. */
  readonly concurrency: number
  /** What messages call the initializer, if there is one. */
  readonly initializer?: string
}

export class Dispatcher implements CallDispatcher {
  readonly ledger: CallLedger
  readonly timer: CallTimer
  readonly #options: DispatcherOptions
  readonly #queue = new CallQueue()
  readonly #workers: WorkerManager
  readonly #deadlines: Deadlines
  readonly #stallWatch: StallWatch
  readonly #responseWatch: ResponseWatch
  readonly #batches: Batches
  readonly #failedImports = new FailedImports()
  readonly #revocations = new BulkRevocation(() => this.#pump())
  /** Why no call is taken any more. */
  #broken: endings.Breakage | undefined
  readonly #retry: StartRetry
  readonly #stopper: WorkerStopper
  #stopped = false

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.#workers = new WorkerManager(options, {
      message: (worker, message) => this.#received(worker, message),
      exit: (worker, exit, givenUp) => this.#exited(worker, exit, givenUp),
      startTimedOut: () => this.#break(endings.lateStart(options.startTimeout, options.initializer)),
      started: (worker) => this.timer.workerStarted(worker),
    })
    const [pump, requeue] = [() => this.#pump(), (calls: Call[]) => this.#requeue(calls)]
    this.#retry = new StartRetry(this.#workers, pump)
    this.#stopper = new WorkerStopper(this.#workers, options.concurrency, { pump, requeue })
    this.timer = new CallTimer(options.name, this.#workers)
    this.ledger = new CallLedger(this.timer)
    this.#batches = new Batches(this.#workers, (worker, refused) => {
      for (const { call, error } of refused) this.ledger.fail(call, endings.cloneError(call, error))
      if (worker.inFlight === 0) this.#workers.workerIdle(worker)
      this.#pump()
    })
    this.#deadlines = new Deadlines({
      isDone: (worker, call) => this.#stopper.isDone(worker, call),
      timedOut: (call) => this.#timedOut(call),
      queueTimedOut: (call) => this.#queueTimedOut(call),
    })
    this.#stallWatch = new StallWatch(this.#workers, (worker) => this.#revokeAll(worker, 'waiting'))
    this.#responseWatch = new ResponseWatch(this.#workers, (worker) => this.#stopper.unresponsive(worker))
  }

  get workers(): WorkerManager {
    return this.#workers
  }

  /** Whether the pool cannot work, now or ever. */
  get broken(): boolean {
    return this.#broken !== undefined
  }

  submit(call: Call): void {
    call.dispatcher = this
    this.ledger.accept()
    this.timer.accepted(call) // its subscribers see the caller's context
    runOutside(this.#accept, this, call)
  }

  #accept(call: Call): void {
    const refusal = this.#broken ? endings.brokenPoolError(this.#broken) : this.#failedImports.refusal(call)
    if (refusal) {
      this.ledger.fail(call, refusal)
      return
    }
    this.#queue.push(call)
    this.#deadlines.accepted(call)
    if (call.limits.daemon === false) awaitAtExit(call)
    this.#pump()
  }

  /** Drops a call that waits, stops one that runs. */
  cancel(call: Call, reason?: unknown): boolean {
    return runOutside(this.#cancel, this, call, reason)
  }

  #cancel(call: Call, reason: unknown): boolean {
    if (call.state === CallState.Sent && call.worker?.hasClaimed(call)) call.worker.drain() // it may be done
    if (call.state === CallState.Settled) return false
    const error = endings.cancelledError(call, reason)
    const runs = call.state === CallState.Sent && !this.#revoke(call)
    if (call.state === CallState.Queued) this.#queue.remove(call)
    const cancelled = this.ledger.cancel(call, error)
    if (runs) this.#stopper.stop(call, error.message, reason)
    return cancelled
  }

  /** Drops all that has not started, now and later; if wanted, also what runs. */
  stop(alsoRunning: boolean): void {
    this.#stopped = true
    runOutside(() => {
      for (let call = this.#queue.take(); call; call = this.#queue.take()) this.#drop([call])
      for (const worker of this.#workers.all()) {
        this.#drop(worker.revokeAll('all'))
        for (const call of alsoRunning ? worker.calls() : []) if (call.state === CallState.Sent) this.cancel(call)
      }
    }, undefined)
  }

  /** Ends the workers once every call is settled; resolves when all are gone. */
  async end(): Promise<void> {
    await this.ledger.whenEmpty()
    this.#retry.end()
    runOutside(() => this.#workers.close(), undefined)
    await this.#workers.whenAllExited()
  }

  send(worker: WorkerHandle): void {
    runOutside(() => this.#batches.send(worker), undefined)
  }

  readonly resume = (): void => this.#revocations.end()

  /** Sends something to the worker that has the call; `false` where none has. */
  tell(call: Call, message: (sequence: number) => ControlMessage): boolean {
    const { worker } = call
    if (!worker || worker.entry(call.sequence) !== call) return false
    this.#batches.send(worker)
    worker.channel.send(message(call.sequence))
    return true
  }

  #pump(): void {
    if (this.#revocations.active) return // it ends with the turn, and comes back to here
    for (let call = this.#queue.peek(); call; call = this.#queue.peek()) {
      const worker = chooseWorker(call, this.#workers, this.#options.concurrency, this.#failedImports.only(call))
      if (!worker) break
      const idle = worker.inFlight === 0
      this.#queue.remove(call)
      worker.assign(call, this.ledger.pending === 1)
      this.#deadlines.sent(worker, call)
      this.#workers.callAssigned(worker)
      if (idle) this.#batches.send(worker)
      else this.#batches.sendSoon()
    }
    this.#stallWatch.watch()
    this.#responseWatch.watch()
    if (this.#queue.size > 0) this.#retry.watch()
  }

  #received(worker: WorkerHandle, message: WorkerMessage): void {
    switch (message.kind) {
      case MessageKind.Ready:
        this.#workers.workerReady(worker)
        this.#pump()
        return
      case MessageKind.Broken:
        this.#break(endings.initializerFailure(outcomeError(message, 'the initializer'), this.#options.initializer))
        return
      case MessageKind.OverMemory:
        return this.#replace(worker)
      case MessageKind.Request:
        return answerRequest(worker, message)
      case MessageKind.Failed:
        worker.failure = outcomeError(message, 'a worker')
        return
      case MessageKind.Warning:
        return warnOfUncaughtError(outcomeError(message, 'a worker'))
      default:
        this.#outcome(worker, message)
    }
  }

  #outcome(worker: WorkerHandle, message: WorkerMessage): void {
    const entry = worker.entry(message.sequence)
    if (entry === undefined) return
    const call = entry === REVOKED ? undefined : entry
    if (isEvent(message.kind)) {
      const unreadable = call?.state === CallState.Sent && this.ledger.event(call, message)
      if (unreadable) this.#stopper.stop(call, `What ${call.label} has told could not be read.`)
      return
    }
    worker.outcomes += 1
    if (call && message.kind !== MessageKind.Revoked) {
      this.timer.measured(call, message.duration)
      this.#failedImports.imported(call, worker)
    }
    worker.release(message.sequence)
    if (call) this.#conclude(call, message)
    if (worker.inFlight === 0) this.#workers.workerIdle(worker) // first: after its last call it makes room
    if (this.#queue.size > 0) this.#pump()
  }

  #conclude(call: Call, message: WorkerMessage): void {
    clearAfter(call.graceTimer)
    if (call.state === CallState.Settled) return
    if (message.kind === MessageKind.Revoked) {
      this.#requeue([call]) // it was taken back when it seemed started: it was not
      return
    }
    call.payload.method.recordDuration(message.duration)
    this.ledger.conclude(call, message)
  }

  /** Takes back a call that was sent and has not started. A worker that is stuck importing its module is replaced. */
  #revoke(call: Call): boolean {
    const worker = call.worker as WorkerHandle
    if (worker.entry(call.sequence) !== call) return true // it is about to be queued again
    const loading = worker.isLoading(call)
    const bulk = this.#revocations.add(worker) ? worker.revokeAll('waiting', call) : undefined
    const taken = bulk ? bulk.includes(call) : worker.revoke(call)
    if (bulk) this.#requeue(bulk.filter((other) => other !== call))
    if (taken && loading) this.#stopper.replace(worker)
    return taken
  }

  #revokeAll(worker: WorkerHandle, which?: 'waiting'): void {
    this.#requeue(worker.revokeAll(which))
    this.#pump()
  }

  /** Back into the queue, in their old order. */
  #requeue(calls: Call[]): void {
    if (this.#stopped) {
      this.#drop(calls)
      return
    }
    for (const call of calls.reverse()) {
      // the last first: each is put back at the head
      if (call.state === CallState.Settled) continue // a done-callback has cancelled it meanwhile
      call.state = CallState.Queued
      call.worker = undefined
      if (call.times) call.times.startedAt = undefined // where it seemed so
      if (this.#broken) this.ledger.fail(call, endings.brokenPoolError(this.#broken))
      else if (call.queueTimedOut) this.ledger.fail(call, endings.queueTimeoutError(call))
      else this.#queue.requeue(call)
    }
  }

  #drop(calls: Call[]): void {
    for (const call of calls) this.ledger.cancel(call, endings.droppedError(call))
  }

  #queueTimedOut(call: Call): void {
    if (call.state === CallState.Sent && !this.#revoke(call)) {
      call.queueTimedOut = true // it runs: this limit is over, unless it only seemed so
      return
    }
    if (call.state === CallState.Queued) this.#queue.remove(call)
    this.ledger.fail(call, endings.queueTimeoutError(call))
  }

  #timedOut(call: Call): void {
    expectLongBodies(call)
    const error = endings.timeoutError(call)
    if (this.ledger.fail(call, error)) this.#stopper.stop(call, error.message)
  }

  /** The worker has grown too large: it does what it has started, and another the rest. */
  #replace(worker: WorkerHandle): void {
    worker.full = true
    this.#workers.prepareSpare()
    this.#revokeAll(worker)
    if (worker.inFlight === 0) this.#workers.workerIdle(worker)
  }

  #exited(worker: WorkerHandle, told: WorkerExit, givenUp: boolean): void {
    this.#deadlines.workerExited(worker)
    releaseOwned(worker)
    worker.drain()
    const exit = { ...told, error: worker.failure ?? told.error }
    for (const call of worker.calls()) clearAfter(call.graceTimer) // of settled ones, too: there is nobody left to stop
    const calls = worker.calls().filter((call) => call.state !== CallState.Settled)
    for (const call of calls) this.timer.noteStart(call)
    this.timer.workerExited(worker, exit)
    const again = this.#failedImports.ended(worker, exit, calls)
    this.#requeue(again.slice())
    for (const call of calls) {
      if (again.includes(call)) continue
      const started = !call.moved || worker.hasStarted(call)
      this.ledger.fail(call, endings.expiredError(call, worker.channel, exit, started))
    }
    for (const [call, refusal] of this.#failedImports.refused(this.#queue)) this.ledger.fail(call, refusal)
    if (givenUp || this.#retry.isHopeless()) {
      const failure = endings.startFailureError(worker.channel, exit, this.#options.initializer)
      if (givenUp) this.#break(failure)
      else this.#failWaiting(endings.noWorker, failure)
    }
    this.#pump()
  }

  /** For all calls that wait now, and not for those that their done-callbacks make. */
  #failWaiting(error: (failure: endings.Breakage) => Error, failure: endings.Breakage): void {
    for (let left = this.#queue.size; left > 0; left--) {
      const call = this.#queue.take()
      if (call) this.ledger.fail(call, error(failure))
    }
  }

  /** Nothing will run any more: what waits fails with the cause. */
  #break(broken: endings.Breakage): void {
    if (this.#broken) return
    this.#broken = broken
    this.#failWaiting(endings.brokenPoolError, broken)
    for (const worker of this.#workers.all()) {
      for (const call of worker.calls()) {
        if (call.state === CallState.Sent && worker.revoke(call))
          this.ledger.fail(call, endings.brokenPoolError(broken))
      }
    }
    this.#workers.killStarting()
    this.#workers.close()
  }
}
