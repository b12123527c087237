/**
 * Matches queued calls to workers, and settles every call.
 *
 *             submit, if a worker is free                 start mark
 *   caller ──┬────────────────────► backlog of a worker ─ ─ ─ ─ ─ ─ ─► body
 *            │                      ▲       │ │ │                       │
 *            └─► queue ──── pump ───┘       │ │ └─ timeout, cancel:     │
 *                  ▲                        │ │    kill                 │
 *                  └─ revoked, or the ──────┘ │                         │
 *                     worker died before      │                         │
 *                     the start               ▼                         ▼
 *                                  ledger ◄── exit          outcome ────┘
 *
 * Except for `#sendLone`, which starts nothing, all of it runs outside of the callers' asynchronous contexts, because
 * workers and timers serve many calls. The callbacks of a call run in the context of the call.
 *
 * An outcome, a limit, a cancellation and the exit of the worker may race: the ledger lets the first one win. Only the
 * slot of a call decides whether it may run again: a call that has not started can be revoked, and a revoked call never
 * starts.
 */
import { runOutside } from '../utils/async-context'
import type { ControlMessage } from '../wire/messages'
import { Batches, chooseWorker, expectLongBodies } from './assignment'
import { awaitAtExit } from './at-exit'
import { CallState, hasLimits, type Call } from './call'
import * as errors from './call-errors'
import { CallLedger } from './call-ledger'
import { CallQueue, type QueueAccess } from './call-queue'
import { CallTimer } from './call-timer'
import type { PoolDispatcher, DispatcherStats } from './pool-dispatcher'
import { Deadlines } from './deadlines'
import { FailedImports } from './failed-imports'
import { StartFailures } from './start-failures'
import { Revocations, WorkerStopper } from './stop-calls'
import { workerOf, type UnsentCall, type WorkerHandle } from './worker-handle'
import { WorkerManager, type WorkerManagerOptions } from './worker-manager'
import { WorkerMessages } from './worker-messages'
import { WorkerWatch } from './worker-watch'

export interface DispatcherOptions extends WorkerManagerOptions {
  /** Name of the pool, for messages. */
  readonly name: string
  /** How many bodies one worker runs at once. */
  readonly concurrency: number
  /** The label of the initializer, if there is one. */
  readonly initializer?: string
}

export class Dispatcher implements PoolDispatcher {
  readonly workers: WorkerManager
  readonly ledger: CallLedger
  readonly timer: CallTimer
  readonly #concurrency: number
  /** The calls that no worker has, in order. */
  readonly queue = new CallQueue()
  readonly #batches: Batches
  readonly #deadlines: Deadlines
  readonly #watch: WorkerWatch
  readonly #stopper: WorkerStopper
  readonly #revocations: Revocations
  readonly #failedImports = new FailedImports()
  readonly #startFailures: StartFailures
  readonly #messages: WorkerMessages
  #stopped = false

  /**
   * The parts refer to each other. A closure stands for a part that is made later; none is called before this returns.
   */
  constructor(options: DispatcherOptions) {
    const { initializer, concurrency } = options
    const { queue } = this
    const failedImports = this.#failedImports
    const access: QueueAccess = { requeue: (calls) => this.#requeue(calls), pump: () => this.#pump() }
    const workers = new WorkerManager(options, {
      started: (worker) => this.timer.workerStarted(worker),
      message: (worker, message) => this.#messages.received(worker, message),
      startTimedOut: () => this.#startFailures.startTimedOut(options.startTimeout),
      exit: (worker, exit, givenUp) => this.#messages.exited(worker, exit, givenUp),
    })
    const timer = new CallTimer(options.name, workers)
    const ledger = new CallLedger(timer)
    const stopper = new WorkerStopper(workers, concurrency, access)
    const deadlines = new Deadlines({
      isDone: (worker, call) => stopper.isDone(worker, call),
      timeoutNear: () => workers.prepareSpare(),
      timedOut: (call) => this.#timedOut(call),
      queueTimedOut: (call) => this.#queueTimedOut(call),
    })
    const startFailures = new StartFailures({ workers, ledger, queue, initializer, pump: access.pump })
    this.workers = workers
    this.timer = timer
    this.ledger = ledger
    this.#concurrency = concurrency
    this.#deadlines = deadlines
    this.#stopper = stopper
    this.#startFailures = startFailures
    this.#revocations = new Revocations(stopper, access)
    this.#batches = new Batches(workers, (worker) => this.#send(worker))
    this.#watch = new WorkerWatch(workers, {
      stalled: (worker) => this.#stalled(worker),
      unresponsive: (worker) => stopper.stopUnresponsive(worker),
    })
    const parts = { workers, ledger, timer, queue, deadlines, stopper, failedImports, startFailures }
    this.#messages = new WorkerMessages({ ...parts, ...access, moveWaitingCalls: () => this.#watch.moveWaitingCalls() })
  }

  /** Whether the pool cannot work any more. */
  get broken(): boolean {
    return this.#startFailures.broken !== undefined
  }

  submit(call: Call): void {
    call.dispatcher = this
    this.ledger.accept()
    this.timer.accepted(call) // its subscribers run in the caller's context
    if (call.state === CallState.Settled) return // a subscriber has cancelled it
    if (this.ledger.pending > 1 || !this.#sendLone(call)) runOutside(this.#accept, this, call)
  }

  /** Sends a lone call to an idle worker, past the queue and all checks. `false`: it needs them, or no worker is idle. */
  #sendLone(call: Call): boolean {
    if (this.#stopped || this.broken || !this.#failedImports.isEmpty || !this.#watch.coversLoneCalls) return false
    const worker = hasLimits(call) ? undefined : this.workers.idleWorker()
    if (!worker) return false
    worker.assign(call, true)
    this.#send(worker)
    return true
  }

  #accept(call: Call): void {
    if (this.#stopped) return void this.#drop([call]) // a getter or hook of an argument has stopped the pool
    const { broken } = this.#startFailures
    const refusal = broken ? errors.brokenPoolError(broken) : this.#failedImports.refusal(call)
    if (refusal) return void this.ledger.fail(call, refusal)
    this.#deadlines.accepted(call)
    if (call.limits.daemon === false) awaitAtExit(call)
    if (this.queue.size > 0 || this.#revocations.isBulk || !this.#assign(call)) this.queue.push(call)
    this.#pump()
  }

  /** Drops a call that waits, and stops one that runs. */
  cancel(call: Call, reason?: unknown): boolean {
    return runOutside(this.#cancel, this, call, reason)
  }

  #cancel(call: Call, reason: unknown): boolean {
    const worker = workerOf(call)
    if (call.state === CallState.Sent && worker?.hasClaimed(call)) worker.drain() // the body may have ended
    if (call.state === CallState.Settled) return false
    const error = errors.cancelledError(call, reason)
    const runs = call.state === CallState.Sent && !this.#revocations.revoke(call)
    if (call.state === CallState.Queued) this.queue.remove(call)
    const cancelled = this.ledger.cancel(call, error)
    if (runs) this.#stopper.stop(call, error.message, reason)
    return cancelled
  }

  /** Cancels all calls that have not started, now and later; with `alsoRunning`, those that run, too. */
  stop(alsoRunning: boolean): void {
    this.#stopped = true
    runOutside(() => {
      for (let call = this.queue.take(); call; call = this.queue.take()) this.#drop([call])
      for (const worker of this.workers.all()) {
        this.#drop(worker.revokeAll('all'))
        for (const call of alsoRunning ? worker.calls() : []) if (call.state === CallState.Sent) this.cancel(call)
      }
    }, undefined)
    this.workers.killStarting()
  }

  retire(): void {
    this.workers.retireAll()
  }

  stats(): DispatcherStats {
    return this.timer.stats()
  }

  oldestQueued(): number {
    return this.timer.oldestQueued(this.queue)
  }

  /** Ends the workers once every call is settled. Resolves when all workers have exited. */
  async end(): Promise<void> {
    await this.ledger.whenEmpty()
    this.#startFailures.end()
    runOutside(() => this.workers.close(), undefined)
    await this.workers.whenAllExited()
  }

  flush(call: Call): void {
    const worker = workerOf(call)
    if (worker) runOutside(() => this.#send(worker), undefined)
  }

  resume(): void {
    this.#revocations.endTurn()
  }

  /** Sends a message to the worker that has the call. `false`: no worker has it. */
  tell(call: Call, message: (sequence: number) => ControlMessage): boolean {
    const worker = workerOf(call)
    if (!worker || worker.entry(call.sequence) !== call) return false
    this.#send(worker)
    worker.channel.send(message(call.sequence))
    return true
  }

  #pump(): void {
    if (this.#revocations.isBulk) return // the end of the turn calls this again
    let head = this.queue.peek()
    while (head && this.#assign(head, this.queue)) head = this.queue.peek()
    if (head && this.#failedImports.only(head)) this.#assignOthers()
    this.#watch.start()
    if (this.queue.size === 0) return
    this.#startFailures.retryLater(this.#failedImports.pause)
    this.#watch.moveWaitingCalls()
  }

  /** Gives a call to a worker, and removes it from the queue that it is in. `false`: no worker can take it now. */
  #assign(call: Call, from?: CallQueue): boolean {
    const worker = chooseWorker(call, this.workers, this.#concurrency, this.#failedImports.only(call))
    if (!worker) return false
    const idle = worker.inFlight === 0
    from?.remove(call)
    worker.assign(call, this.ledger.pending === 1)
    this.#deadlines.sent(worker, call)
    this.workers.callAssigned(worker)
    if (idle) this.#send(worker)
    else this.#batches.sendSoon()
    return true
  }

  /** A call that only some workers may run does not hold up the calls behind it. */
  #assignOthers(): void {
    for (const call of [...this.queue]) {
      if (call.state !== CallState.Queued || this.#assign(call, this.queue)) continue
      if (!this.#failedImports.only(call)) return
    }
  }

  /** Puts calls back into the queue, in their old order. */
  #requeue(calls: Call[]): void {
    if (this.#stopped) {
      this.#drop(calls)
      return
    }
    // the last one first, because each goes to the head of the queue
    for (const call of calls.reverse()) {
      const { broken } = this.#startFailures
      if (call.state !== CallState.Sent) continue // a done-callback has cancelled it
      call.state = CallState.Queued
      call.worker = undefined
      if (call.times) call.times.startedAt = undefined // the worker had marked its start, and has skipped it
      if (broken) this.ledger.fail(call, errors.brokenPoolError(broken))
      else if (call.queueTimedOut) this.ledger.fail(call, errors.queueTimeoutError(call))
      else this.queue.requeue(call)
    }
  }

  /** Calls wait behind a long one: other workers may run them. */
  #stalled(worker: WorkerHandle): void {
    this.#requeue(worker.revokeAll('waiting'))
    this.#pump()
  }

  /** Sends the calls that were assigned to a worker and not revoked since then. Calls that cannot be cloned fail. */
  #send(worker: WorkerHandle): void {
    if (worker.unsent === 0) return
    const unsent = worker.flush()
    if (unsent.length > 0 || worker.inFlight === 0) runOutside(this.#failUnsent, this, worker, unsent)
  }

  #failUnsent(worker: WorkerHandle, unsent: readonly UnsentCall[]): void {
    for (const { call, error } of unsent) this.ledger.fail(call, errors.cloneError(call, error))
    if (worker.inFlight === 0) this.workers.workerIdle(worker)
    this.#pump()
  }

  #drop(calls: Call[]): void {
    for (const call of calls) this.ledger.cancel(call, errors.droppedError(call))
  }

  #queueTimedOut(call: Call): void {
    if (call.state === CallState.Sent && !this.#revocations.revoke(call)) {
      call.queueTimedOut = true // counts only if it turns out that the worker has skipped the call
      return
    }
    if (call.state === CallState.Queued) this.queue.remove(call)
    this.ledger.fail(call, errors.queueTimeoutError(call))
  }

  #timedOut(call: Call): void {
    expectLongBodies(call)
    const error = errors.timeoutError(call)
    if (this.ledger.fail(call, error)) this.#stopper.stop(call, error.message)
  }
}
