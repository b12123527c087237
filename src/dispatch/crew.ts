import { clearTimeout, setTimeout } from 'node:timers'
import type { Channel, ChannelListener, WorkerExit } from '../channel/channel'
import type { WorkerMessage } from '../wire/messages'
import { Member } from './member'
import type { MethodUse } from './method-use'

/** Workers that may end before they serve, in a row, until the pool is given up. */
const FAILED_STARTS = 3
/** How long a worker that was told to end may take, in ms. */
const PATIENCE = 1000
/** How long the worker that replaces a stopped one has the machine to itself before the next spare starts, in ms. */
const SETTLING = 100
/** How long an idle worker still keeps the program alive, in ms. */
const RELEASE_AFTER = 10

export interface CrewOptions {
  readonly maxWorkers: number
  /** Calls after which a worker is replaced; 0: never. */
  readonly maxTasks: number
  /** ms that a worker may take until it serves; Infinity: no limit. */
  readonly startTimeout: number
  /** ms without a call after which a worker ends; Infinity: never. */
  readonly idleTimeout: number
  readonly open: (listener: ChannelListener) => Channel
}

export interface CrewListener {
  started(member: Member): void
  message(member: Member, message: WorkerMessage): void
  /** A member did not serve within `startTimeout`. */
  late(member: Member): void
  /** A member is gone; `given up`: so is the pool, workers do not start. */
  exit(member: Member, exit: WorkerExit, givenUp: boolean): void
}

/** Starts, replaces and retires the workers of one pool. */
export class Crew {
  readonly #options: CrewOptions
  readonly #listener: CrewListener
  /** Those that may get calls. */
  readonly #members: Member[] = []
  /** Those that do not any more, until they are gone. */
  readonly #leaving = new Set<Member>()
  /** Started and waiting, where workers are replaced often; no member yet. It has imported what the others have. */
  #spare: Member | undefined
  #spareTimer: NodeJS.Timeout | undefined
  /** What the last one that left had run. */
  #familiar: readonly MethodUse[] = []
  #closed = false
  #started = 0
  #failedStarts = 0
  #releasing: NodeJS.Timeout | undefined
  #gone: Array<() => void> = []

  constructor(options: CrewOptions, listener: CrewListener) {
    this.#options = options
    this.#listener = listener
  }

  get members(): readonly Member[] {
    return this.#members
  }

  /** Workers ever started. */
  get started(): number {
    return this.#started
  }

  /** Every worker that has not exited. */
  all(): Member[] {
    return [...this.#members, ...this.#leaving, ...(this.#spare ? [this.#spare] : [])]
  }

  /** One more worker, where there is room for it. */
  grow(): Member | undefined {
    if (this.#members.length >= this.#options.maxWorkers) return undefined
    const member = this.#spare ?? this.#start()
    this.#spare = undefined
    this.#members.push(member)
    return member
  }

  /** A worker was stopped. Where no spare takes its place, one has to start now, and a second start would slow it down. */
  stopped(): void {
    this.prepareSpare(this.#spare ? 0 : SETTLING)
  }

  /** A worker was replaced, others will be: the next one starts before it is needed, `wait` ms from now. */
  prepareSpare(wait = 0): void {
    this.#spareTimer ??= setTimeout(() => {
      this.#spareTimer = undefined
      if (!this.#closed && !this.#spare && this.#failedStarts === 0) this.#spare = this.#start()
    }, wait).unref()
  }

  /** No worker will be needed any more: those that have nothing to do end. */
  close(): void {
    this.#closed = true
    this.retireAll()
  }

  /** Ends the workers: each once it has no call. */
  retireAll(): void {
    this.#cancelSpare()
    for (const member of this.all()) this.retire(member)
  }

  /** Stops workers that have not begun to serve: an initializer may never return. */
  killUnstarted(): void {
    this.#cancelSpare()
    for (const member of this.all()) {
      const serves = member.alive || member.calls().some((call) => member.hasStarted(call))
      if (!serves) this.kill(member)
    }
  }

  /** Whether a member may get one more call in its life. */
  mayServe(member: Member): boolean {
    return !member.full && (this.#options.maxTasks === 0 || member.sent < this.#options.maxTasks)
  }

  /** A member has got one more call. It makes room for its successor when its last is done, not before. */
  assigned(member: Member): void {
    if (!this.mayServe(member)) this.prepareSpare()
  }

  served(member: Member): void {
    member.alive = true
    clearTimeout(member.startTimer)
    this.#failedStarts = 0
    if (member !== this.#spare) return
    member.introduce([...this.#familiar, ...this.#members.flatMap((other) => other.familiar())])
    this.#retireWhenIdle(member)
  }

  /** Nothing is with the member: it ends now, later, or stays, as the options say. */
  idle(member: Member): void {
    if (member.gone) return
    this.#releaseSoon()
    if (member.leaving) this.#tellToStop(member)
    else if (!this.mayServe(member)) this.retire(member)
    else this.#retireWhenIdle(member)
  }

  /** The member gets no more calls and ends once it has none. */
  retire(member: Member): void {
    if (!member.leaving) this.#leave(member)
    if (member.calls().length === 0) this.#tellToStop(member) // what was taken back it need not pass
  }

  /** Stops a worker, whatever it does; a process that ignores SIGTERM gets SIGKILL `patience` ms later. */
  kill(member: Member, patience = PATIENCE): void {
    if (member.gone) return
    this.#leave(member)
    member.ending = true
    member.hold(true)
    member.channel.kill(patience)
  }

  /** Resolves once every worker has exited. */
  whenGone(): Promise<void> {
    if (this.all().length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#gone.push(resolve))
  }

  #start(): Member {
    this.#started += 1
    const member = new Member(this.#options.open, (of) => ({
      message: (message) => this.#listener.message(of, message),
      exit: (exit) => this.#left(of, exit),
    }))
    this.#listener.started(member)
    if (this.#options.startTimeout !== Infinity) {
      member.startTimer = setTimeout(() => this.#listener.late(member), this.#options.startTimeout).unref()
    }
    return member
  }

  /** Without a call until then. A spare has none either, and may never get one. */
  #retireWhenIdle(member: Member): void {
    if (this.#options.idleTimeout === Infinity) return
    clearTimeout(member.idleTimer)
    member.idleTimer = setTimeout(() => {
      if (member.inFlight === 0) this.retire(member)
    }, this.#options.idleTimeout).unref()
  }

  #cancelSpare(): void {
    clearTimeout(this.#spareTimer)
    this.#spareTimer = undefined
  }

  #leave(member: Member): void {
    if (member === this.#spare) this.#spare = undefined
    else if (!member.leaving) this.#familiar = member.familiar()
    clearTimeout(member.startTimer)
    const at = this.#members.indexOf(member)
    if (at >= 0) this.#members.splice(at, 1)
    clearTimeout(member.idleTimer)
    member.leaving = true
    this.#leaving.add(member)
  }

  /**
   * A worker without calls does not keep the program alive. Not let go of at once: in a row of lone calls that would
   * cost more than they do.
   */
  #releaseSoon(): void {
    this.#releasing ??= setTimeout(() => {
      this.#releasing = undefined
      for (const member of this.#members) if (member.held && member.inFlight === 0) member.hold(false)
    }, RELEASE_AFTER).unref()
  }

  #tellToStop(member: Member): void {
    if (member.ending) return
    member.ending = true
    member.hold(true) // the program waits for what it told to end
    member.channel.send({ type: 'stop' })
    const timer = setTimeout(() => member.channel.kill(PATIENCE), PATIENCE)
    timer.unref()
    member.idleTimer = timer
  }

  #left(member: Member, exit: WorkerExit): void {
    this.#leave(member)
    this.#leaving.delete(member)
    member.gone = true
    clearTimeout(member.idleTimer)
    if (!member.alive && !member.ending) this.#failedStarts += 1
    const givenUp = this.#failedStarts >= FAILED_STARTS
    if (givenUp) this.#failedStarts = 0
    this.#listener.exit(member, exit, givenUp)
    if (this.all().length === 0) {
      const waiting = this.#gone
      this.#gone = []
      for (const resolve of waiting) resolve()
    }
  }
}
