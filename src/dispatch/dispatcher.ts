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
 * What may race: an outcome, a limit, a cancellation and the worker's end. The ledger lets the first win. Whether a call
 * may run again is asked of its slot alone: not started means taken back, and taken back means never started.
 */
import { clearTimeout, setTimeout } from 'node:timers'
import { CancelledError, SerializationError, TimeoutError } from '../errors'
import type { WorkerExit } from '../channel/channel'
import { Kind, type ControlMessage, type WorkerMessage } from '../wire/messages'
import { SlotState } from '../wire/slots'
import { CallState, type Call, type CallOwner } from './call'
import { CallQueue } from './call-queue'
import { Crew, type CrewOptions } from './crew'
import { Deadlines } from './deadlines'
import { brokenPool, expiredError, lostLoad, startFailure } from './endings'
import { Ledger } from './ledger'
import { TAKEN, type Member } from './member'
import { isNews, outcomeError, outcomeValue, warnOfStray } from './outcomes'
import { bodyTakesLong, hasRoom } from './pipe-depth'
import { answer, gone } from './service-desk'
import { StallWatch } from './stall-watch'

/** Workers that may die while they import a method's module until its call fails. */
const FAILED_LOADS = 3
/** Turns of the microtask queue that a batch waits for more: an `await` of a future takes three. */
const GATHER = 4

export interface DispatcherOptions extends Omit<CrewOptions, 'open'> {
  readonly open: CrewOptions['open']
  /** Bodies that run in one worker at once. */
  readonly concurrency: number
}

export class Dispatcher implements CallOwner {
  readonly ledger = new Ledger()
  readonly #options: DispatcherOptions
  readonly #queue = new CallQueue()
  readonly #crew: Crew
  readonly #deadlines: Deadlines
  readonly #stalls: StallWatch
  /** Why no call is taken any more. */
  #broken: Error | undefined
  #flushing = false

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.#crew = new Crew(options, {
      message: (member, message) => this.#received(member, message),
      exit: (member, exit, givenUp) => this.#exited(member, exit, givenUp),
      late: () => this.#late(),
    })
    this.#deadlines = new Deadlines({
      expired: (member, call) => this.#expired(member, call),
      overdue: (call) => this.#overdue(call),
    })
    this.#stalls = new StallWatch(this.#crew, (member) => this.#takeBackAll(member))
  }

  /** Calls that wait for a worker. */
  get queued(): number {
    return this.#queue.size
  }

  get crew(): Crew {
    return this.#crew
  }

  /** Why the pool cannot work, once it cannot. */
  get broken(): Error | undefined {
    return this.#broken
  }

  submit(call: Call): void {
    call.owner = this
    this.ledger.accept()
    if (this.#broken) {
      this.ledger.fail(call, brokenPool(this.#broken))
      return
    }
    this.#queue.push(call)
    this.#deadlines.accepted(call)
    this.#pump()
  }

  /** Drops a call that waits, stops one that runs. */
  cancel(call: Call, reason?: unknown): boolean {
    const error = new CancelledError(
      `${call.label} was cancelled.`,
      reason === undefined ? undefined : { cause: reason },
    )
    if (call.state === CallState.Queued) this.#queue.remove(call)
    else if (call.state === CallState.Sent && !this.#recall(call)) this.#stop(call, error.message)
    return this.ledger.cancel(call, error)
  }

  /** Cancels all that waits and, if wanted, all that runs. */
  cancelAll(alsoRunning: boolean): void {
    for (const call of this.#queue.clear())
      this.ledger.cancel(call, new CancelledError(`${call.label} was dropped: its pool was stopped.`))
    for (const member of this.#crew.all()) {
      for (const call of member.calls()) {
        if (call.state === CallState.Sent && (alsoRunning || !member.hasStarted(call))) this.cancel(call)
      }
    }
  }

  /** Stops workers that have not begun to serve: an initializer may never return. */
  endUnstarted(): void {
    for (const member of this.#crew.all()) if (!member.alive) this.#crew.kill(member)
  }

  /** Ends the workers once every call is settled; resolves when all are gone. */
  async end(): Promise<void> {
    await this.ledger.whenEmpty()
    this.#crew.close()
    await this.#crew.whenGone()
  }

  /** Ends the workers: each once it has no call. */
  retireAll(): void {
    for (const member of [...this.#crew.members]) this.#crew.retire(member)
  }

  /** Sends something to the worker that has the call; `false` where none has. */
  tell(call: Call, message: (sequence: number) => ControlMessage): boolean {
    const { member } = call
    if (!member || member.entry(call.sequence) !== call) return false
    if (member.dirty) this.#flush(member)
    member.channel.send(message(call.sequence))
    return true
  }

  #pump(): void {
    for (let call = this.#queue.peek(); call; call = this.#queue.peek()) {
      const member = this.#place(call)
      if (!member) break
      const idle = member.inFlight === 0
      this.#queue.remove(call)
      clearTimeout(member.idleTimer)
      member.assign(call)
      this.#deadlines.sent(member, call)
      this.#crew.assigned(member)
      if (idle) this.#flush(member)
      else this.#flushSoon()
    }
    this.#stalls.watch()
  }

  /** A worker for the call: an idle one, a new one, or the least loaded that its pipe has room for it. */
  #place(call: Call): Member | undefined {
    let best: Member | undefined
    for (const member of this.#crew.members) {
      if (!this.#crew.mayServe(member)) continue
      if (member.inFlight === 0) return member
      if (!hasRoom(member, call, this.#options.concurrency)) continue
      if (!best || member.load < best.load) best = member
    }
    return this.#crew.grow() ?? best
  }

  /** Batches gather for a moment where their worker is busy anyway. */
  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    let turns = GATHER
    const turn = (): void => {
      turns -= 1
      if (turns > 0) void Promise.resolve().then(turn)
      else this.#flushAll()
    }
    void Promise.resolve().then(turn)
  }

  #flushAll(): void {
    this.#flushing = false
    for (const member of this.#crew.all()) if (member.dirty) this.#flush(member)
  }

  #flush(member: Member): void {
    member.flush((call, error) => {
      const path = 'args'
      const reason = error instanceof Error ? error.message : String(error)
      this.ledger.fail(
        call,
        new SerializationError(`Cannot send \`${path}\` of ${call.label} to a worker: ${reason}`, path, {
          cause: error,
        }),
      )
      this.#pump()
    })
  }

  #received(member: Member, message: WorkerMessage): void {
    switch (message.kind) {
      case Kind.Alive:
        this.#crew.served(member)
        return
      case Kind.Broken:
        this.#break(outcomeError(message, 'the initializer'))
        return
      case Kind.Full:
        this.#replace(member)
        return
      case Kind.Request:
        answer(member, message)
        return
      case Kind.Warning:
        warnOfStray(outcomeError(message, 'a worker'))
        return
      default:
        this.#outcome(member, message)
    }
  }

  #outcome(member: Member, message: WorkerMessage): void {
    const entry = member.entry(message.sequence)
    if (entry === undefined) return
    const call = entry === TAKEN ? undefined : entry
    if (isNews(message.kind)) {
      if (call?.state === CallState.Sent) this.#news(call, message)
      return
    }
    member.outcomes += 1
    member.release(message.sequence)
    if (call) this.#conclude(call, message)
    if (this.#queue.size > 0) this.#pump()
    if (member.inFlight === 0) this.#crew.idle(member)
  }

  #news(call: Call, message: WorkerMessage): void {
    try {
      call.onNews?.(message)
    } catch (error) {
      this.ledger.fail(call, error) // what it carries could not be read
    }
  }

  #conclude(call: Call, message: WorkerMessage): void {
    clearTimeout(call.graceTimer)
    if (call.state === CallState.Settled) return
    if (message.kind === Kind.Skipped) {
      this.#requeue([call]) // it was taken back when it seemed started: it was not
      return
    }
    call.payload.method.learn(message.duration)
    let value: unknown
    try {
      if (message.kind === Kind.Thrown) value = outcomeError(message, call.label)
      else value = outcomeValue(message)
    } catch (error) {
      this.ledger.fail(call, error)
      return
    }
    if (message.kind === Kind.Thrown) this.ledger.fail(call, value)
    else this.ledger.finish(call, value)
  }

  /** Takes back a call that was sent and has not started. A worker that is stuck importing its module is replaced. */
  #recall(call: Call): boolean {
    const member = call.member as Member
    const loading = member.channel.slots.state(call.sequence) === SlotState.Loading
    if (!member.takeBack(call)) return false
    if (loading) this.#kill(member)
    return true
  }

  #takeBackAll(member: Member): void {
    const taken = member
      .calls()
      .filter((call) => call.state === CallState.Sent && !member.hasStarted(call) && member.takeBack(call))
    this.#requeue(taken)
    this.#pump()
  }

  /** Back to the head of the queue, in their old order. */
  #requeue(calls: Call[]): void {
    for (const call of calls.reverse()) {
      call.state = CallState.Queued
      call.member = undefined
      if (this.#broken) this.ledger.fail(call, brokenPool(this.#broken))
      else this.#queue.unshift(call)
    }
  }

  #overdue(call: Call): void {
    if (call.state === CallState.Queued) this.#queue.remove(call)
    else if (call.state !== CallState.Sent || !this.#recall(call)) return // it runs: this limit is over
    const limit = call.limits.queueTimeout as number
    this.ledger.fail(
      call,
      new TimeoutError(`${call.label} did not start within ${limit} ms (limit \`queueTimeout: ${limit}\`).`, limit),
    )
  }

  #expired(member: Member, call: Call): void {
    const limit = call.limits.timeout as number
    bodyTakesLong(call, limit)
    const message = `${call.label} was stopped after ${limit} ms (limit \`timeout: ${limit}\`).`
    if (call.member === member) this.#stop(call, message)
    this.ledger.fail(call, new TimeoutError(message, limit))
  }

  /** Stops a running body: softly where it has `grace`, else by the end of its worker. */
  #stop(call: Call, reason: string): void {
    const member = call.member as Member
    const { grace } = call.limits
    if (grace === undefined || grace === 0) {
      this.#kill(member)
      return
    }
    member.channel.send({ type: 'abort', sequence: call.sequence, reason })
    call.graceTimer = setTimeout(() => {
      if (member.entry(call.sequence) === call) this.#kill(member)
    }, grace)
  }

  /** The worker has grown too large: it does what it has started, and another the rest. */
  #replace(member: Member): void {
    this.#crew.retire(member)
    this.#takeBackAll(member)
  }

  /** The initializer does not return: nothing will be served. */
  #late(): void {
    const limit = this.#options.startTimeout
    this.#break(new TimeoutError(`A worker did not start within ${limit} ms (limit \`initTimeout: ${limit}\`).`, limit))
  }

  /** The worker ends; what it has not started is run elsewhere. Its slot is free at once. */
  #kill(member: Member): void {
    this.#crew.kill(member)
    this.#crew.prepareSpare()
    this.#takeBackAll(member)
  }

  #exited(member: Member, exit: WorkerExit, givenUp: boolean): void {
    this.#deadlines.gone(member)
    gone(member)
    const again: Call[] = []
    for (const call of member.calls()) {
      clearTimeout(call.graceTimer)
      if (call.state === CallState.Settled) continue
      const state = member.channel.slots.state(call.sequence)
      if (state === SlotState.Started) this.ledger.fail(call, expiredError(call, member.channel, exit))
      else if (state === SlotState.Loading && ++call.failedLoads >= FAILED_LOADS)
        this.ledger.fail(call, lostLoad(call, member.channel, exit))
      else again.push(call)
    }
    this.#requeue(again)
    if (givenUp) this.#break(startFailure(member.channel, exit))
    this.#pump()
  }

  /** Nothing will run any more: what waits fails with the cause. */
  #break(cause: Error): void {
    if (this.#broken) return
    this.#broken = cause
    for (const call of this.#queue.clear()) this.ledger.fail(call, brokenPool(cause))
    for (const member of this.#crew.all()) {
      for (const call of member.calls()) {
        if (call.state === CallState.Sent && member.takeBack(call)) this.ledger.fail(call, brokenPool(cause))
      }
    }
    this.endUnstarted()
    this.retireAll()
  }
}
