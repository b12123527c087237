/**
 * What thread pools and process pools have in common.
 *
 *   running ──close()──► closed ──┐ all calls done
 *      │                   │      ▼
 *      └────stop()─────────┴─► stopped          broken: the initializer failed, or workers do not start
 */
import { availableParallelism } from 'node:os'
import { openChannel } from '../channel/open-channel'
import type { Call, CallLimits } from '../dispatch/call'
import { startDebugLog } from '../diagnostics/debug-log'
import { Dispatcher } from '../dispatch/dispatcher'
import { PoolError, TimeoutError } from '../errors'
import type { Future } from '../futures/future'
import { workerEnvironment } from '../registry/environment'
import { decodeTask, encodeTask } from '../registry/task-refs'
import { useFunctionCodec } from '../wire/functions'
import { limitWait } from '../futures/limit-wait'
import { boolean, checkOptions, type Rules } from '../utils/options'
import { collect } from './map/collect'
import type { MapFuture } from './map/map-future'
import { selfOf } from './map/map-options'
import { CallsHere } from './calls-here'
import { isEager } from './eager'
import { initializerCall } from './initializer'
import { throwIfAborted, watchSignal } from './live-signals'
import type { AnyFunction, ProcessPoolOptions } from './pool-options'
import { mustSuspend, suspendedCall, suspendedMap } from './suspended'
import { PROTOCOL } from '../registry/shared'
import { assertInstance, schedulable } from './schedulable'
import { refusePositional, scheduleRules, type OptionsOf, type ScheduleOptions } from './schedule-options'
import { sessionSettings } from './session-settings'
import { snapshotOf } from './shared-key'
import { failedFuture, submitTo, type BodyRequest } from './submit-to'
import { poolStats, type PoolStats } from './stats'

/** How a pool is stopped. */
export interface StopOptions {
  /** Whether calls that run are stopped, too. Default: `true` in a process pool, `false` in a thread pool. */
  force?: boolean
}

const stopRules: Rules<StopOptions> = { force: boolean }

type PoolState = 'running' | 'closed' | 'stopped'

export abstract class Pool implements AsyncDisposable {
  readonly kind: 'thread' | 'process'
  readonly name: string
  /** Other copies of the library look at it. @internal */
  readonly protocol = PROTOCOL
  /** @internal */
  readonly dispatcher: Dispatcher
  /** Maps whose iterables are not at their end. @internal */
  readonly maps = new Set<OpenMap>()
  /** Those of eager mode. @internal */
  readonly here: CallsHere
  readonly #maxWorkers: number
  readonly #maxQueue: number
  /** Calls that may be pending: those that run, and `maxQueue` that wait. */
  readonly #capacity: number
  #state: PoolState = 'running'
  #ended: Promise<void> | undefined
  #number = 0

  protected constructor(
    kind: 'thread' | 'process',
    given: ProcessPoolOptions | undefined,
    rules: Rules<ProcessPoolOptions>,
  ) {
    const options = checkOptions(`new ${kind === 'thread' ? 'ThreadPool' : 'ProcessPool'}()`, given, rules)
    useFunctionCodec({ encode: encodeTask, decode: decodeTask })
    startDebugLog()
    const settings = sessionSettings(kind, options)
    const initializer = initializerCall(kind, options)
    const context = options.context && snapshotOf(options.context)
    this.kind = kind
    this.name = options.name ?? `${kind} pool`
    this.here = new CallsHere(kind, options)
    this.#maxWorkers = options.maxWorkers ?? availableParallelism()
    this.#maxQueue = options.whenFull === 'wait' ? Infinity : (options.maxQueue ?? Infinity)
    this.#capacity = this.#maxQueue + this.#maxWorkers * settings.concurrency
    this.dispatcher = new Dispatcher({
      name: this.name,
      maxWorkers: this.#maxWorkers,
      maxTasks: options.maxTasks ?? 0,
      idleTimeout: options.idleTimeout ?? Infinity,
      startTimeout: options.initTimeout ?? Infinity,
      initializer: initializer?.label,
      concurrency: settings.concurrency,
      open: (listener) =>
        openChannel(kind, listener, () => ({
          settings: {
            ...settings,
            environment: workerEnvironment(),
            ...(initializer && { initializer: initializer.pack() }),
          },
          resourceLimits: options.resourceLimits,
          context,
        })),
    })
  }

  /** Whether the pool works: running, or closed with calls left. Pebble's `active`. */
  get active(): boolean {
    if (this.dispatcher.broken) return false
    if (this.#state !== 'closed') return this.#state === 'running'
    return this.dispatcher.ledger.pending > 0 || this.maps.size > 0
  }

  /**
   * Runs a function in a worker. Pebble's `schedule`.
   *
   * **Cancelling:** `future.cancel()`, or `signal`: a waiting call is dropped, a running one's worker is stopped.
   *
   * @returns a future that rejects with `PoolError` where the pool takes no calls
   * @throws {TypeError} `fn` is nothing that a worker could find, or an option is not what it should be
   * @example
   * const future = pool.schedule(add, { args: [1, 2], timeout: 1_000 })
   */
  schedule<F extends AnyFunction>(fn: F, ...[options]: OptionsOf<F>): Future<Awaited<ReturnType<F>>> {
    refusePositional(options)
    const {
      args = [],
      kwargs,
      signal,
      transfer,
      self,
      ...limits
    } = checkOptions<ScheduleOptions>('schedule()', options, scheduleRules)
    const all: unknown[] = [...(args as readonly unknown[])]
    if (kwargs !== undefined) all.push(kwargs)
    return this.run(fn, all, limits, { signal, transfer, self }) as Future<Awaited<ReturnType<F>>>
  }

  /**
   * Runs a function for each of many elements, in order, in chunks. Pebble's `map`.
   *
   * Elements are taken as they are needed, at most `buffer` ahead of what was consumed, so an endless iterable works.
   * With several iterables the function gets one element of each, and the shortest ends it.
   *
   * @throws {TypeError} `fn` is nothing that a worker could find, something is no iterable, or an option is not what it
   * should be; {@link RangeError} for `chunkSize: 0`
   * @example
   * for await (const price of pool.map(priceOf, orders, { chunkSize: 100, timeout: 5_000 })) total += price
   */
  protected mapAll(fn: unknown, rest: unknown[]): MapFuture<unknown> {
    const what = schedulable(fn, selfOf(rest.at(-1)))
    if (mustSuspend()) return this.#suspend(suspendedMap(this.kind, what.self))
    return collect(this, what, rest, this.#maxWorkers)
  }

  /**
   * Takes no more calls; those that were accepted are done, then the workers end. A map that was accepted is read to the
   * end of its iterables. Pebble's `close`.
   */
  close(): void {
    if (this.#state !== 'running') return
    this.#state = 'closed'
    void this.#end()
  }

  /**
   * Takes no more calls and cancels those that wait. A process pool stops those that run as well; a thread pool finishes
   * them, unless `force` is set. Pebble's `stop`.
   *
   * @param options `force`: stops those that run in either kind of pool, also where the pool was stopped before
   */
  stop(options?: StopOptions): void {
    const { force = this.kind === 'process' } = checkOptions('stop()', options, stopRules)
    if (this.#state === 'stopped' && !force) return
    this.#state = 'stopped'
    for (const map of [...this.maps]) map.cancelRest(undefined, force)
    if (force) this.here.cancel()
    this.dispatcher.stop(force)
    this.dispatcher.workers.killStarting()
    void this.#end()
  }

  /**
   * Waits until every call is settled and every worker has ended. Pebble's `join`.
   *
   * @param timeout limit in ms; default: none
   * @throws {PoolError} the pool was neither closed nor stopped; {@link TimeoutError} work is left after `timeout` ms
   */
  async join(timeout?: number): Promise<void> {
    if (this.#state === 'running' && !this.dispatcher.broken) {
      throw new PoolError(`Cannot join '${this.name}' while it is running: call close() or stop() first.`, {
        reason: 'running',
      })
    }
    for (const map of [...this.maps]) map.runToEnd()
    try {
      await limitWait(this.#end(), timeout, undefined, 'the pool')
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
      const { pending } = this.dispatcher.ledger
      const left = pending === 0 && this.maps.size > 0 ? 'a map waits for its reader' : `${pending} calls are left`
      throw new TimeoutError(`'${this.name}' was not done after ${timeout} ms: ${left}.`, timeout as number)
    }
  }

  /** What the pool has done and is doing. */
  stats(): PoolStats {
    return poolStats(this.dispatcher, this.#state)
  }

  /** Closes and joins: `await using pool = new ThreadPool()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await this.join()
  }

  /** Schedules without looking at options again. @internal */
  protected run(
    fn: unknown,
    args: unknown[],
    limits: CallLimits,
    extras: { signal?: AbortSignal; transfer?: readonly unknown[]; self?: unknown } = {},
  ): Future<unknown> {
    const { registration, self } = schedulable(fn, extras.self)
    if (mustSuspend()) return this.#suspend(suspendedCall(this.kind, self))
    const number = ++this.#number
    const request = { registration, self, args, options: SCHEDULED }
    let call: Call
    try {
      if (extras.signal) throwIfAborted(extras.signal, registration)
      if (isEager()) return this.#runHere(request, extras.signal)
      call = submitTo(this, request, number, limits, { transfer: extras.transfer })
    } catch (error) {
      return failedFuture({ kind: this.kind, flavour: 'concurrent' }, number, error)
    }
    if (extras.signal) watchSignal(extras.signal, call, this.dispatcher)
    return call.future
  }

  #runHere(request: BodyRequest, signal: AbortSignal | undefined): Future<unknown> {
    assertInstance(request)
    this.assertOpen()
    return this.here.run(request, signal)
  }

  /** Ends every worker that has nothing to do; the others once they have. @internal */
  retire(): void {
    this.dispatcher.workers.retireAll()
  }

  /** @param accepted the call belongs to a map that was accepted before. @internal */
  assertOpen(accepted = false): void {
    if (this.#state === 'running' || (accepted && this.#state === 'closed')) return
    const closed = this.#state === 'closed'
    throw new PoolError(
      `Cannot schedule on a ${this.#state} pool. Create a new pool, or schedule before ${closed ? 'close' : 'stop'}().`,
      { reason: closed ? 'closed' : 'stopped' },
    )
  }

  /** Counts what is pending, not what is queued: calls that wait in a worker's pipe wait as well. @internal */
  assertRoom(): void {
    if (this.dispatcher.ledger.pending < this.#capacity) return
    throw new PoolError(
      `The queue of '${this.name}' is full (maxQueue: ${this.#maxQueue}). Wait for some of its calls, or set \`whenFull: 'wait'\`.`,
      { reason: 'full' },
    )
  }

  /** Nor does who joins this pool go further. */
  #suspend<T>(future: T): T {
    this.#ended = new Promise(() => undefined)
    return future
  }

  async #whenMapsAreOver(): Promise<void> {
    for (const { over } of [...this.maps]) await over
    await this.here.whenDone()
  }

  #end(): Promise<void> {
    return (this.#ended ??= this.#whenMapsAreOver().then(() => this.dispatcher.end()))
  }
}

/** What a pool that ends asks of its maps. */
interface OpenMap {
  readonly over: Promise<void>
  cancelRest(reason: unknown, alsoRunning: boolean): boolean
  runToEnd(): void
}

/** Options of calls that no decorator made. */
const SCHEDULED = { flavour: 'concurrent', state: 'snapshot' } as const
