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
import { Kind, type ControlMessage, type WorkerMessage } from '../wire/messages'
import { awaitAtExit } from './at-exit'
import { Batches } from './batches'
import { BulkRecall } from './bulk-recall'
import { CallState, type Call, type CallOwner } from './call'
import { CallQueue } from './call-queue'
import { CallTimer } from './call-times'
import { Crew, type CrewOptions } from './crew'
import { Deadlines } from './deadlines'
import * as endings from './endings'
import { FailedImports } from './failed-imports'
import { Ledger } from './ledger'
import { TAKEN, type Member } from './member'
import { isNews, outcomeError, warnOfStray } from './outcomes'
import { bodyTakesLong, memberFor } from './pipe-depth'
import { answer, gone } from './service-desk'
import { SilenceWatch } from './silence-watch'
import { StallWatch } from './stall-watch'
import { StartRetry } from './start-retry'
import { WorkerStopper } from './worker-stopper'

export interface DispatcherOptions extends Omit<CrewOptions, 'open'> {
  /** Name of the pool, for messages. */
  readonly name: string
  readonly open: CrewOptions['open']
  /** Bodies that run in one worker at once. */
  readonly concurrency: number
  /** What messages call the initializer, if there is one. */
  readonly initializer?: string
}

export class Dispatcher implements CallOwner {
  readonly ledger: Ledger
  readonly timer: CallTimer
  readonly #options: DispatcherOptions
  readonly #queue = new CallQueue()
  readonly #crew: Crew
  readonly #deadlines: Deadlines
  readonly #stalls: StallWatch
  readonly #silences: SilenceWatch
  readonly #batches: Batches
  readonly #imports = new FailedImports()
  readonly #recalls = new BulkRecall(() => this.#pump())
  /** Why no call is taken any more. */
  #broken: endings.Breakage | undefined
  readonly #retry: StartRetry
  readonly #stopper: WorkerStopper
  #stopped = false

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.#crew = new Crew(options, {
      message: (member, message) => this.#received(member, message),
      exit: (member, exit, givenUp) => this.#exited(member, exit, givenUp),
      late: () => this.#break(endings.lateStart(options.startTimeout, options.initializer)),
      started: (member) => this.timer.workerStarted(member),
    })
    const [pump, requeue] = [() => this.#pump(), (calls: Call[]) => this.#requeue(calls)]
    this.#retry = new StartRetry(this.#crew, pump)
    this.#stopper = new WorkerStopper(this.#crew, options.concurrency, { pump, requeue })
    this.timer = new CallTimer(options.name, this.#crew)
    this.ledger = new Ledger(this.timer)
    this.#batches = new Batches(this.#crew, (member, refused) => {
      for (const { call, error } of refused) this.ledger.fail(call, endings.cannotClone(call, error))
      if (member.inFlight === 0) this.#crew.idle(member)
      this.#pump()
    })
    this.#deadlines = new Deadlines({
      isDone: (member, call) => this.#stopper.isDone(member, call),
      expired: (call) => this.#expired(call),
      overdue: (call) => this.#overdue(call),
    })
    this.#stalls = new StallWatch(this.#crew, (member) => this.#takeBackAll(member, 'waiting'))
    this.#silences = new SilenceWatch(this.#crew, (member) => this.#stopper.unresponsive(member))
  }

  get crew(): Crew {
    return this.#crew
  }

  /** Whether the pool cannot work, now or ever. */
  get broken(): boolean {
    return this.#broken !== undefined
  }

  submit(call: Call): void {
    call.owner = this
    this.ledger.accept()
    this.timer.accepted(call) // its subscribers see the caller's context
    runOutside(this.#accept, this, call)
  }

  #accept(call: Call): void {
    const refusal = this.#broken ? endings.brokenPool(this.#broken) : this.#imports.refusal(call)
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
    if (call.state === CallState.Sent && call.member?.hasClaimed(call)) call.member.drain() // it may be done
    if (call.state === CallState.Settled) return false
    const error = endings.cancelledError(call, reason)
    const runs = call.state === CallState.Sent && !this.#recall(call)
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
      for (const member of this.#crew.all()) {
        this.#drop(member.takeBackAll('all'))
        for (const call of alsoRunning ? member.calls() : []) if (call.state === CallState.Sent) this.cancel(call)
      }
    }, undefined)
  }

  /** Ends the workers once every call is settled; resolves when all are gone. */
  async end(): Promise<void> {
    await this.ledger.whenEmpty()
    this.#retry.end()
    runOutside(() => this.#crew.close(), undefined)
    await this.#crew.whenGone()
  }

  send(member: Member): void {
    runOutside(() => this.#batches.send(member), undefined)
  }

  readonly resume = (): void => this.#recalls.end()

  /** Sends something to the worker that has the call; `false` where none has. */
  tell(call: Call, message: (sequence: number) => ControlMessage): boolean {
    const { member } = call
    if (!member || member.entry(call.sequence) !== call) return false
    this.#batches.send(member)
    member.channel.send(message(call.sequence))
    return true
  }

  #pump(): void {
    if (this.#recalls.active) return // it ends with the turn, and comes back to here
    for (let call = this.#queue.peek(); call; call = this.#queue.peek()) {
      const member = memberFor(call, this.#crew, this.#options.concurrency, this.#imports.only(call))
      if (!member) break
      const idle = member.inFlight === 0
      this.#queue.remove(call)
      member.assign(call, this.ledger.pending === 1)
      this.#deadlines.sent(member, call)
      this.#crew.assigned(member)
      if (idle) this.#batches.send(member)
      else this.#batches.sendSoon()
    }
    this.#stalls.watch()
    this.#silences.watch()
    if (this.#queue.size > 0) this.#retry.watch()
  }

  #received(member: Member, message: WorkerMessage): void {
    switch (message.kind) {
      case Kind.Alive:
        this.#crew.served(member)
        this.#pump()
        return
      case Kind.Broken:
        this.#break(endings.initializerFailure(outcomeError(message, 'the initializer'), this.#options.initializer))
        return
      case Kind.Full:
        return this.#replace(member)
      case Kind.Request:
        return answer(member, message)
      case Kind.Failed:
        member.failure = outcomeError(message, 'a worker')
        return
      case Kind.Warning:
        return warnOfStray(outcomeError(message, 'a worker'))
      default:
        this.#outcome(member, message)
    }
  }

  #outcome(member: Member, message: WorkerMessage): void {
    const entry = member.entry(message.sequence)
    if (entry === undefined) return
    const call = entry === TAKEN ? undefined : entry
    if (isNews(message.kind)) {
      const unreadable = call?.state === CallState.Sent && this.ledger.news(call, message)
      if (unreadable) this.#stopper.stop(call, `What ${call.label} has told could not be read.`)
      return
    }
    member.outcomes += 1
    if (call && message.kind !== Kind.Skipped) {
      this.timer.measured(call, message.duration)
      this.#imports.imported(call, member)
    }
    member.release(message.sequence)
    if (call) this.#conclude(call, message)
    if (member.inFlight === 0) this.#crew.idle(member) // first: after its last call it makes room
    if (this.#queue.size > 0) this.#pump()
  }

  #conclude(call: Call, message: WorkerMessage): void {
    clearAfter(call.graceTimer)
    if (call.state === CallState.Settled) return
    if (message.kind === Kind.Skipped) {
      this.#requeue([call]) // it was taken back when it seemed started: it was not
      return
    }
    call.payload.method.learn(message.duration)
    this.ledger.conclude(call, message)
  }

  /** Takes back a call that was sent and has not started. A worker that is stuck importing its module is replaced. */
  #recall(call: Call): boolean {
    const member = call.member as Member
    if (member.entry(call.sequence) !== call) return true // it is about to be queued again
    const loading = member.isLoading(call)
    const bulk = this.#recalls.add(member) ? member.takeBackAll('waiting', call) : undefined
    const taken = bulk ? bulk.includes(call) : member.takeBack(call)
    if (bulk) this.#requeue(bulk.filter((other) => other !== call))
    if (taken && loading) this.#stopper.replace(member)
    return taken
  }

  #takeBackAll(member: Member, which?: 'waiting'): void {
    this.#requeue(member.takeBackAll(which))
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
      call.member = undefined
      if (call.times) call.times.startedAt = undefined // where it seemed so
      if (this.#broken) this.ledger.fail(call, endings.brokenPool(this.#broken))
      else if (call.overdue) this.ledger.fail(call, endings.overdueError(call))
      else this.#queue.putBack(call)
    }
  }

  #drop(calls: Call[]): void {
    for (const call of calls) this.ledger.cancel(call, endings.droppedError(call))
  }

  #overdue(call: Call): void {
    if (call.state === CallState.Sent && !this.#recall(call)) {
      call.overdue = true // it runs: this limit is over, unless it only seemed so
      return
    }
    if (call.state === CallState.Queued) this.#queue.remove(call)
    this.ledger.fail(call, endings.overdueError(call))
  }

  #expired(call: Call): void {
    bodyTakesLong(call)
    const error = endings.timeoutError(call)
    if (this.ledger.fail(call, error)) this.#stopper.stop(call, error.message)
  }

  /** The worker has grown too large: it does what it has started, and another the rest. */
  #replace(member: Member): void {
    member.full = true
    this.#crew.prepareSpare()
    this.#takeBackAll(member)
    if (member.inFlight === 0) this.#crew.idle(member)
  }

  #exited(member: Member, told: WorkerExit, givenUp: boolean): void {
    this.#deadlines.gone(member)
    gone(member)
    member.drain()
    const exit = { ...told, error: member.failure ?? told.error }
    for (const call of member.calls()) clearAfter(call.graceTimer) // of settled ones, too: there is nobody left to stop
    const calls = member.calls().filter((call) => call.state !== CallState.Settled)
    for (const call of calls) this.timer.noteStart(call)
    this.timer.workerExited(member, exit)
    const again = this.#imports.ended(member, exit, calls)
    this.#requeue(again.slice())
    for (const call of calls) {
      if (again.includes(call)) continue
      const started = !call.moved || member.hasStarted(call)
      this.ledger.fail(call, endings.endOf(call, member.channel, exit, started))
    }
    for (const [call, refusal] of this.#imports.refused(this.#queue)) this.ledger.fail(call, refusal)
    if (givenUp || this.#retry.isHopeless()) {
      const failure = endings.startFailure(member.channel, exit, this.#options.initializer)
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
    this.#failWaiting(endings.brokenPool, broken)
    for (const member of this.#crew.all()) {
      for (const call of member.calls()) {
        if (call.state === CallState.Sent && member.takeBack(call)) this.ledger.fail(call, endings.brokenPool(broken))
      }
    }
    this.#crew.killUnstarted()
    this.#crew.close()
  }
}
