import type { Channel, ChannelListener, WorkerExit } from '../channel/channel'
import { after, clearAfter, type Timer } from '../utils/after'
import type { WorkerMessage } from '../wire/messages'
import { WorkerHandle } from './worker-handle'
import type { DispatchedMethod } from './dispatched-method'
import { StartHistory } from './start-history'

/** How long a worker that was told to end may take, in ms. */
const PATIENCE = 1000
/** How long the worker that replaces a stopped one has the machine to itself before the next spare starts, in ms. */
const SETTLING = 100
/** How long an idle worker still keeps the program alive, in ms. */
const RELEASE_AFTER = 10

export interface WorkerManagerOptions {
  readonly maxWorkers: number
  /** Calls after which a worker is replaced; 0: never. */
  readonly maxTasks: number
  /** ms that a worker may take until it serves; Infinity: no limit. */
  readonly startTimeout: number
  /** ms without a call after which a worker ends; Infinity: never. */
  readonly idleTimeout: number
  readonly open: (listener: ChannelListener) => Channel
}

export interface WorkerManagerListener {
  started(worker: WorkerHandle): void
  message(worker: WorkerHandle, message: WorkerMessage): void
  /** A worker did not serve within `startTimeout`. */
  startTimedOut(worker: WorkerHandle): void
  /** A worker is gone; `given up`: so is the pool, workers do not start. */
  exit(worker: WorkerHandle, exit: WorkerExit, givenUp: boolean): void
}

/** Starts, replaces and retires the workers of one pool. */
export class WorkerManager {
  /** How the last starts went. */
  readonly starts = new StartHistory()
  readonly #options: WorkerManagerOptions
  readonly #listener: WorkerManagerListener
  /** Those that may get calls. */
  readonly #assignable: WorkerHandle[] = []
  /** Those that do not any more, until they are gone. */
  readonly #retiring = new Set<WorkerHandle>()
  /** Started and waiting, where workers are replaced often; no worker yet. It has imported what the others have. */
  #spare: WorkerHandle | undefined
  #spareTimer: Timer | undefined
  /** What the last one that left had run. */
  #knownMethods: readonly DispatchedMethod[] = []
  /** What a worker had imported without a call when it ended by itself: no other worker does. */
  readonly #shunned = new Set<DispatchedMethod>()
  #closed = false
  #started = 0
  #unrefTimer: Timer | undefined
  #exitWaiters: Array<() => void> = []

  constructor(options: WorkerManagerOptions, listener: WorkerManagerListener) {
    this.#options = options
    this.#listener = listener
  }

  get assignable(): readonly WorkerHandle[] {
    return this.#assignable
  }

  /** Workers ever started. */
  get started(): number {
    return this.#started
  }

  /** Every worker that has not exited. */
  all(): WorkerHandle[] {
    return [...this.#assignable, ...this.#retiring, ...(this.#spare ? [this.#spare] : [])]
  }

  /** One more worker, where there is room for it. */
  addWorker(): WorkerHandle | undefined {
    if (this.#assignable.length >= this.#options.maxWorkers) return undefined
    if (!this.#spare && this.starts.pause > 0) return undefined
    const worker = this.#spare ?? this.#start()
    this.#spare = undefined
    this.#assignable.push(worker)
    return worker
  }

  /** A worker was stopped. Where no spare takes its place, one has to start now, and a second start would slow it down. */
  workerStopped(): void {
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
    for (const worker of this.all()) this.retire(worker)
  }

  /** Stops workers that have not begun to serve: an initializer may never return. */
  killStarting(): void {
    this.#cancelSpare()
    for (const worker of this.all()) {
      const serves = worker.alive || worker.calls().some((call) => worker.hasStarted(call))
      if (!serves) this.kill(worker)
    }
  }

  /** Whether a worker may get one more call in its life. */
  canTakeCall(worker: WorkerHandle): boolean {
    return !worker.full && (this.#options.maxTasks === 0 || worker.sent < this.#options.maxTasks)
  }

  /** A worker has got one more call. It makes room for its successor when its last is done, not before. */
  callAssigned(worker: WorkerHandle): void {
    if (!this.canTakeCall(worker)) this.prepareSpare()
  }

  workerReady(worker: WorkerHandle): void {
    worker.alive = true
    clearAfter(worker.startTimer)
    this.starts.succeeded()
    if (worker !== this.#spare) return
    const known = [...this.#knownMethods, ...this.#assignable.flatMap((other) => other.knownMethods())]
    worker.announceMethods(known.filter((method) => !this.#shunned.has(method)))
    this.#retireWhenIdle(worker)
  }

  /** Nothing is with the worker: it ends now, later, or stays, as the options say. */
  workerIdle(worker: WorkerHandle): void {
    if (worker.gone) return
    this.#unrefSoon()
    if (worker.leaving) this.#sendStop(worker)
    else if (!this.canTakeCall(worker)) this.retire(worker)
    else this.#retireWhenIdle(worker)
  }

  /** The worker gets no more calls and ends once it has none. */
  retire(worker: WorkerHandle): void {
    if (!worker.leaving) this.#removeWorker(worker)
    if (worker.calls().length === 0) this.#sendStop(worker) // what was taken back it need not pass
  }

  /** Stops a worker, whatever it does; a process that ignores SIGTERM gets SIGKILL `patience` ms later. */
  kill(worker: WorkerHandle, patience = PATIENCE): void {
    if (worker.gone) return
    this.#removeWorker(worker)
    worker.ending = true
    worker.setRef(true)
    worker.channel.kill(patience)
  }

  /** Resolves once every worker has exited. */
  whenAllExited(): Promise<void> {
    if (this.all().length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#exitWaiters.push(resolve))
  }

  #start(): WorkerHandle {
    this.#started += 1
    const worker = new WorkerHandle(this.#options.open, (of) => ({
      message: (message) => this.#listener.message(of, message),
      exit: (exit) => this.#workerExited(of, exit),
    }))
    this.#listener.started(worker)
    if (this.#options.startTimeout !== Infinity) {
      worker.startTimer = after(this.#options.startTimeout, () => this.#listener.startTimedOut(worker)).unref()
    }
    return worker
  }

  /** Without a call until then. A spare has none either, and may never get one. */
  #retireWhenIdle(worker: WorkerHandle): void {
    if (this.#options.idleTimeout === Infinity) return
    clearAfter(worker.idleTimer)
    worker.idleTimer = after(this.#options.idleTimeout, () => {
      if (worker.inFlight === 0) this.retire(worker)
    }).unref()
  }

  #cancelSpare(): void {
    clearAfter(this.#spareTimer)
    this.#spareTimer = undefined
  }

  #removeWorker(worker: WorkerHandle): void {
    if (worker === this.#spare) this.#spare = undefined
    else if (!worker.leaving) this.#knownMethods = worker.knownMethods()
    clearAfter(worker.startTimer)
    const at = this.#assignable.indexOf(worker)
    if (at >= 0) this.#assignable.splice(at, 1)
    clearAfter(worker.idleTimer)
    worker.leaving = true
    this.#retiring.add(worker)
  }

  /**
   * A worker without calls does not keep the program alive. Not let go of at once: in a row of lone calls that would
   * cost more than they do.
   */
  #unrefSoon(): void {
    this.#unrefTimer ??= after(RELEASE_AFTER, () => {
      this.#unrefTimer = undefined
      for (const worker of this.#assignable) if (worker.isRef && worker.inFlight === 0) worker.setRef(false)
    }).unref()
  }

  #sendStop(worker: WorkerHandle): void {
    if (worker.ending) return
    worker.ending = true
    worker.setRef(true) // the program waits for what it told to end
    worker.channel.send({ type: 'stop' })
    worker.idleTimer = after(PATIENCE, () => worker.channel.kill(PATIENCE)).unref()
  }

  #workerExited(worker: WorkerHandle, exit: WorkerExit): void {
    this.#removeWorker(worker)
    this.#retiring.delete(worker)
    worker.gone = true
    clearAfter(worker.idleTimer)
    if (!worker.ending && worker.outcomes === 0) for (const method of worker.introduced) this.#shunned.add(method)
    const givenUp = !worker.alive && !worker.ending && this.starts.failed(exit)
    this.#listener.exit(worker, exit, givenUp)
    if (this.all().length === 0) {
      const waiting = this.#exitWaiters
      this.#exitWaiters = []
      for (const resolve of waiting) resolve()
    }
  }
}
