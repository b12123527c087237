import type { Channel, ChannelListener, WorkerExit } from '../channel/channel'
import { after, clearAfter, type Timer } from '../utils/after'
import type { DispatchedMethod } from './call'
import { StartHistory } from './start-history'
import { WorkerHandle, type WorkerListener } from './worker-handle'
import { WorkerState } from './worker-state'

/** Time from a stop message or a SIGTERM to the kill, in ms. */
const KILL_AFTER = 1000
/** Time from the stop of a worker without a spare to the start of the next spare, in ms. */
const SPARE_DELAY = 100
/**
 * Time from the stop of a worker that a spare replaces to the start of the next spare, in ms. A start keeps this thread and
 * a core busy, and the call that the spare gets goes first.
 */
const REFILL_DELAY = 20
/** How long an idle worker still keeps the program alive, in ms. */
const UNREF_AFTER = 10

export interface WorkerManagerOptions {
  readonly maxWorkers: number
  /** Calls after which a worker is replaced; 0: never. */
  readonly maxTasks: number
  /** How long a worker may take to be ready, in ms; Infinity: no limit. */
  readonly startTimeout: number
  /** Time without a call after which a worker ends, in ms; Infinity: never. */
  readonly idleTimeout: number
  /** Starts a worker: `openChannel` of `channel/`, which `pools/pool-parts.ts` passes. */
  readonly open: (listener: ChannelListener) => Channel
}

/** Gets the messages and exits of the workers. */
export interface WorkerManagerListener {
  started(worker: WorkerHandle): void
  /** A worker has sent a message: `received` of `WorkerMessages`. */
  readonly message: WorkerListener['message']
  /** A worker was not ready within `startTimeout`. */
  startTimedOut(worker: WorkerHandle): void
  /** A worker has exited. `givenUp`: too many in a row did not start, this one included; no other is started. */
  exit(worker: WorkerHandle, exit: WorkerExit, givenUp: boolean): void
}

/**
 * Starts, replaces and retires the workers of one pool. `worker-state.ts` shows the states of a worker; all changes of
 * state happen here.
 */
export class WorkerManager {
  /** How the last starts went. */
  readonly starts = new StartHistory()
  readonly #options: WorkerManagerOptions
  readonly #listener: WorkerManagerListener
  /** Workers that may get calls. */
  readonly #assignable: WorkerHandle[] = []
  /** Workers that get no more calls and have not exited: `Retiring` or `Stopping`. */
  readonly #retiring = new Set<WorkerHandle>()
  /**
   * In a pool that replaces workers, one more starts before it is needed. It imports the modules that other workers
   * use.
   */
  #spare: WorkerHandle | undefined
  #spareTimer: Timer | undefined
  /** The methods of the last worker that retired. */
  #knownMethods: readonly DispatchedMethod[] = []
  /** Methods that were announced to a worker that died before any outcome. They are not announced again. */
  readonly #unsafeMethods = new Set<DispatchedMethod>()
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

  /** Adds a worker: the spare or a new one. `undefined`: `maxWorkers` is reached, or starts have to pause. */
  addWorker(): WorkerHandle | undefined {
    if (this.#assignable.length >= this.#options.maxWorkers) return undefined
    if (!this.#spare && this.starts.pause > 0) return undefined
    const worker = this.#spare ?? this.#start()
    this.#spare = undefined
    this.#assignable.push(worker)
    return worker
  }

  /**
   * A worker was stopped. Prepares the next spare: soon if a spare is ready to be the successor; otherwise later, because
   * the successor starts now, and two starts at once would slow each other down.
   */
  workerStopped(): void {
    this.prepareSpare(this.#spare?.isReady ? REFILL_DELAY : SPARE_DELAY)
  }

  /** Starts a spare in `wait` ms: after one worker was replaced, others will probably be replaced, too. */
  prepareSpare(wait = 0): void {
    this.#spareTimer ??= after(wait, () => {
      this.#spareTimer = undefined
      if (!this.#closed && !this.#spare && this.starts.healthy) this.#spare = this.#start()
    }).unref()
  }

  /** No more workers are needed: each one ends once it has no call. */
  close(): void {
    this.#closed = true
    this.retireAll()
  }

  /** Ends each worker once it has no call. */
  retireAll(): void {
    this.#cancelSpare()
    for (const worker of this.all()) this.retire(worker)
  }

  /** Kills the workers that are not ready: an initializer may never return. */
  killStarting(): void {
    this.#cancelSpare()
    for (const worker of this.all()) {
      const isServing = worker.isReady || worker.calls().some((call) => worker.isRunning(call))
      if (!isServing) this.kill(worker)
    }
  }

  /** The first worker, if it is ready and has no call. With `maxTasks`, a call goes the longer way, which prepares a spare. */
  idleWorker(): WorkerHandle | undefined {
    const worker = this.#assignable[0]
    return worker?.isReady && worker.inFlight === 0 && this.#options.maxTasks === 0 ? worker : undefined
  }

  /** Whether the worker may get one more call before it is recycled. */
  canTakeCall(worker: WorkerHandle): boolean {
    return !worker.isOverMemory && (this.#options.maxTasks === 0 || worker.sent < this.#options.maxTasks)
  }

  /**
   * A worker has got one more call. If it may get no more, a spare is prepared, which replaces it when that call is
   * done.
   */
  callAssigned(worker: WorkerHandle): void {
    if (!this.canTakeCall(worker)) this.prepareSpare()
  }

  workerReady(worker: WorkerHandle): void {
    worker.isReady = true
    clearAfter(worker.startTimer)
    this.starts.succeeded()
    if (worker !== this.#spare) return
    const known = [...this.#knownMethods, ...this.#assignable.flatMap((other) => other.knownMethods())]
    worker.announceMethods(known.filter((method) => !this.#unsafeMethods.has(method)))
    this.#retireWhenIdle(worker)
  }

  /** A worker has no calls left: depending on its state and the options it stops now or later, or stays. */
  workerIdle(worker: WorkerHandle): void {
    if (worker.hasExited) return
    if (!this.#unrefTimer) this.#unrefSoon()
    if (worker.state !== WorkerState.Active) this.#sendStop(worker)
    else if (!this.canTakeCall(worker)) this.retire(worker)
    else this.#retireWhenIdle(worker)
  }

  /** The worker gets no more calls, and stops once it has no call left. */
  retire(worker: WorkerHandle): void {
    if (worker.state === WorkerState.Active) this.#removeWorker(worker)
    if (worker.calls().length === 0) this.#sendStop(worker) // what is left in its slots was revoked
  }

  /** Stops a worker, whatever it does. A process that ignores SIGTERM gets SIGKILL later. */
  kill(worker: WorkerHandle): void {
    if (worker.hasExited) return
    this.#removeWorker(worker)
    worker.state = WorkerState.Stopping
    worker.setRef(true)
    worker.channel.kill(KILL_AFTER)
  }

  /** Resolves once every worker has exited. */
  whenAllExited(): Promise<void> {
    if (this.all().length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#exitWaiters.push(resolve))
  }

  #start(): WorkerHandle {
    this.#started += 1
    const { message } = this.#listener
    const worker = new WorkerHandle(this.#options.open, { message, exit: (of, exit) => this.#workerExited(of, exit) })
    this.#listener.started(worker)
    if (this.#options.startTimeout !== Infinity) {
      worker.startTimer = after(this.#options.startTimeout, () => this.#listener.startTimedOut(worker)).unref()
    }
    return worker
  }

  /** After `idleTimeout` without a call. This applies to a spare, too. */
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
    else if (worker.state === WorkerState.Active) this.#knownMethods = worker.knownMethods()
    clearAfter(worker.startTimer)
    const at = this.#assignable.indexOf(worker)
    if (at >= 0) this.#assignable.splice(at, 1)
    clearAfter(worker.idleTimer)
    if (worker.state === WorkerState.Active) worker.state = WorkerState.Retiring
    this.#retiring.add(worker)
  }

  /**
   * A worker without calls does not keep the program alive. `setRef()` is delayed, because it costs more than a call,
   * and in a series of lone calls each call would change it twice.
   */
  #unrefSoon(): void {
    this.#unrefTimer = after(UNREF_AFTER, () => {
      this.#unrefTimer = undefined
      for (const worker of this.#assignable) if (worker.isRef && worker.inFlight === 0) worker.setRef(false)
    }).unref()
  }

  #sendStop(worker: WorkerHandle): void {
    if (worker.state >= WorkerState.Stopping) return
    worker.state = WorkerState.Stopping
    worker.setRef(true) // the program waits for the exit
    worker.channel.send({ type: 'stop' })
    worker.idleTimer = after(KILL_AFTER, () => worker.channel.kill(KILL_AFTER)).unref()
  }

  #workerExited(worker: WorkerHandle, exit: WorkerExit): void {
    this.#removeWorker(worker)
    this.#retiring.delete(worker)
    worker.state = worker.state === WorkerState.Stopping ? WorkerState.Stopped : WorkerState.Died
    const died = worker.state === WorkerState.Died
    if (died && worker.outcomes === 0) for (const method of worker.announced) this.#unsafeMethods.add(method)
    const givenUp = died && !worker.isReady && this.starts.failed(exit)
    this.#listener.exit(worker, exit, givenUp)
    if (this.all().length === 0) {
      const waiting = this.#exitWaiters
      this.#exitWaiters = []
      for (const resolve of waiting) resolve()
    }
  }
}
