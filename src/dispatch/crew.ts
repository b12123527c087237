import type { Channel, ChannelListener, WorkerExit } from '../channel/channel'
import { after, clearAfter, type Timer } from '../utils/after'
import type { WorkerMessage } from '../wire/messages'
import { openBundledWorker } from './bundled-worker'
import { Member } from './member'
import type { MethodUse } from './method-use'
import { Starts } from './starts'

openBundledWorker()

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
  /** How the last starts went. */
  readonly starts = new Starts()
  readonly #options: CrewOptions
  readonly #listener: CrewListener
  /** Those that may get calls. */
  readonly #members: Member[] = []
  /** Those that do not any more, until they are gone. */
  readonly #leaving = new Set<Member>()
  /** Started and waiting, where workers are replaced often; no member yet. It has imported what the others have. */
  #spare: Member | undefined
  #spareTimer: Timer | undefined
  /** What the last one that left had run. */
  #familiar: readonly MethodUse[] = []
  /** What a worker had imported without a call when it ended by itself: no other worker does. */
  readonly #shunned = new Set<MethodUse>()
  #closed = false
  #started = 0
  #releasing: Timer | undefined
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
    if (!this.#spare && this.starts.pause > 0) return undefined
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
    this.#spareTimer ??= after(wait, () => {
      this.#spareTimer = undefined
      if (!this.#closed && !this.#spare && this.starts.healthy) this.#spare = this.#start()
    }).unref()
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
    clearAfter(member.startTimer)
    this.starts.succeeded()
    if (member !== this.#spare) return
    const known = [...this.#familiar, ...this.#members.flatMap((other) => other.familiar())]
    member.introduce(known.filter((method) => !this.#shunned.has(method)))
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
      member.startTimer = after(this.#options.startTimeout, () => this.#listener.late(member)).unref()
    }
    return member
  }

  /** Without a call until then. A spare has none either, and may never get one. */
  #retireWhenIdle(member: Member): void {
    if (this.#options.idleTimeout === Infinity) return
    clearAfter(member.idleTimer)
    member.idleTimer = after(this.#options.idleTimeout, () => {
      if (member.inFlight === 0) this.retire(member)
    }).unref()
  }

  #cancelSpare(): void {
    clearAfter(this.#spareTimer)
    this.#spareTimer = undefined
  }

  #leave(member: Member): void {
    if (member === this.#spare) this.#spare = undefined
    else if (!member.leaving) this.#familiar = member.familiar()
    clearAfter(member.startTimer)
    const at = this.#members.indexOf(member)
    if (at >= 0) this.#members.splice(at, 1)
    clearAfter(member.idleTimer)
    member.leaving = true
    this.#leaving.add(member)
  }

  /**
   * A worker without calls does not keep the program alive. Not let go of at once: in a row of lone calls that would
   * cost more than they do.
   */
  #releaseSoon(): void {
    this.#releasing ??= after(RELEASE_AFTER, () => {
      this.#releasing = undefined
      for (const member of this.#members) if (member.held && member.inFlight === 0) member.hold(false)
    }).unref()
  }

  #tellToStop(member: Member): void {
    if (member.ending) return
    member.ending = true
    member.hold(true) // the program waits for what it told to end
    member.channel.send({ type: 'stop' })
    member.idleTimer = after(PATIENCE, () => member.channel.kill(PATIENCE)).unref()
  }

  #left(member: Member, exit: WorkerExit): void {
    this.#leave(member)
    this.#leaving.delete(member)
    member.gone = true
    clearAfter(member.idleTimer)
    if (!member.ending && member.outcomes === 0) for (const method of member.introduced) this.#shunned.add(method)
    const givenUp = !member.alive && !member.ending && this.starts.failed(exit)
    this.#listener.exit(member, exit, givenUp)
    if (this.all().length === 0) {
      const waiting = this.#gone
      this.#gone = []
      for (const resolve of waiting) resolve()
    }
  }
}
