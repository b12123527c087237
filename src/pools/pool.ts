/**
 * What thread pools and process pools have in common: they accept calls and maps, and have a life of their own.
 *
 *   schedule, submit ──► run ───────────────┐
 *   decorated methods ──► submitCall ───────┼──► dispatch: packs, makes the Call ──► Dispatcher ──► worker
 *   map ──► MapRun ──► ChunkSender: chunks ─┘
 *
 * The state of a pool:
 *
 *   running ──close()──► closed ──┐ all calls are done
 *      │                   │      ▼
 *      └────stop()─────────┴─► stopped          broken: the initializer failed, or workers do not start
 */
import { startDebugLog } from '../diagnostics/debug-log'
import { Call, type CallLimits, type CallSettings } from '../dispatch/call'
import { recordCaller } from '../dispatch/caller-stack'
import type { PoolDispatcher } from '../dispatch/pool-dispatcher'
import { PoolError, TimeoutError } from '../errors'
import type { Future } from '../futures/future'
import { limitWait } from '../futures/limit-wait'
import { PROTOCOL } from '../registry/shared'
import { decodeTask, encodeTask } from '../registry/task-refs'
import { boolean, checkOptions, type Rules } from '../utils/options'
import { useFunctionCodec } from '../wire/functions'
import { arePrimitives } from '../wire/values'
import { isEager, type EagerCalls } from './eager'
import { LiveSignals, throwIfAborted, watchSignal } from './live-signals'
import { readMapArguments, selfOf } from './map/map-arguments'
import type { MapFuture } from './map/map-future'
import { MapRun } from './map/map-run'
import { makePayload, type CallShape } from './payload'
import type { AnyFunction } from './pool-options'
import type { PoolParts } from './pool-parts'
import { failedFuture } from './run-inline'
import { assertInstance, schedulable, SCHEDULED, type Invocation } from './schedulable'
import { RetriedCalls } from './retried-call'
import { readScheduleOptions, type CallExtras, type OptionsOf } from './schedule-options'
import { poolStats, type PoolStats } from './stats'
import { mustSuspend, suspendedCall, suspendedMap } from './suspended'
import { callTracer, dispatchTraced } from './traced'

/** Options of {@link Pool.stop}. */
export interface StopOptions {
  /** Whether running calls are stopped as well. Default: `true` in a process pool, `false` in a thread pool. */
  force?: boolean
}

const stopRules: Rules<StopOptions> = { force: boolean }
const PLAIN_CALL: CallShape = {}
const NO_EXTRAS: CallExtras = {}

type PoolState = 'running' | 'closed' | 'stopped'

export abstract class Pool implements AsyncDisposable {
  readonly kind: 'thread' | 'process'
  readonly name: string
  /** Read by other copies of the library. @internal */
  readonly protocol = PROTOCOL
  /** @internal */
  readonly dispatcher: PoolDispatcher
  /** Maps that are not over. @internal */
  readonly maps = new Set<MapRun>()
  /** Calls of eager mode. @internal */
  readonly eagerCalls: EagerCalls
  /** @internal */
  readonly maxWorkers: number
  readonly #retried = new RetriedCalls()
  readonly #maxQueue: number
  /** The most pending calls: those that run, and `maxQueue` that wait, in the queue or in the backlog of a busy worker. */
  readonly #capacity: number
  #state: PoolState = 'running'
  #ended: Promise<void> | undefined
  /** Numbers the futures. */
  #count = 0

  protected constructor({ kind, name, maxWorkers, parallel, maxQueue, eagerCalls, dispatcher }: PoolParts) {
    useFunctionCodec({ encode: encodeTask, decode: decodeTask })
    startDebugLog()
    this.kind = kind
    this.name = name
    this.eagerCalls = eagerCalls
    this.maxWorkers = maxWorkers
    this.#maxQueue = maxQueue
    this.#capacity = maxQueue + parallel
    this.dispatcher = dispatcher
  }

  /** Whether the pool works: it is running, or closed with calls that are not done. Pebble's `active`. */
  get active(): boolean {
    if (this.dispatcher.broken) return false
    if (this.#state !== 'closed') return this.#state === 'running'
    return this.dispatcher.ledger.pending > 0 || this.maps.size > 0
  }

  /**
   * Runs a function in a worker. Pebble's `schedule`.
   *
   * **Cancelling:** `future.cancel()`, or `signal`: a waiting call is dropped; a running one is stopped together with its
   * worker.
   *
   * @returns a future that rejects with `PoolError` if the pool does not accept the call
   * @throws {TypeError} a worker could not find `fn`, or an option is unknown or of the wrong type; {@link RangeError} an
   * option is out of range
   * @example
   * const future = pool.schedule(add, { args: [1, 2], timeout: 1_000 })
   */
  schedule<F extends AnyFunction>(fn: F, ...[options]: OptionsOf<F>): Future<Awaited<ReturnType<F>>> {
    const { args, limits, extras } = readScheduleOptions(options)
    return this.run(fn, args, limits, extras) as Future<Awaited<ReturnType<F>>>
  }

  /**
   * `map` of the subclasses, whose overloads tell its types.
   *
   * @throws {TypeError} a worker could not find `fn`, an iterable is missing or is not one, or an option is unknown or of
   * the wrong type; {@link RangeError} an option is out of range
   */
  protected mapAll(fn: unknown, rest: unknown[]): MapFuture<unknown> {
    const task = schedulable(fn, selfOf(rest.at(-1)))
    if (mustSuspend()) return this.#suspend(suspendedMap(this.kind, task.self))
    return new MapRun(this, task, readMapArguments(rest)).start()
  }

  /**
   * Stops accepting calls. Accepted calls are done, then the workers end. An accepted map is read to the end of its
   * iterables. Unlike {@link Pool.stop}, it cancels nothing. Pebble's `close`.
   */
  close(): void {
    if (this.#state !== 'running') return
    this.#state = 'closed'
    void this.#end()
  }

  /**
   * Stops accepting calls and cancels the waiting ones. A process pool also stops the running ones; a thread pool
   * finishes them, unless `force` is set. Pebble's `stop`.
   *
   * @param options `force`: stops running calls in either kind of pool, even if the pool was stopped before
   * @throws {TypeError} an option is unknown or of the wrong type
   */
  stop(options?: StopOptions): void {
    const { force = this.kind === 'process' } = checkOptions('stop()', options, stopRules)
    if (this.#state === 'stopped' && !force) return
    this.#state = 'stopped'
    for (const map of [...this.maps]) map.cancelRest(undefined, force)
    this.#retried.cancel(force)
    if (force) this.eagerCalls.cancel()
    this.dispatcher.stop(force)
    void this.#end()
  }

  /**
   * Waits until every call is settled and every worker has ended. Pebble's `join`.
   *
   * **Cancelling:** `timeout` ends the wait, not the calls.
   *
   * @param timeout limit of the wait in ms. Default: no limit
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

  /** Returns numbers of the work that the pool has done and is doing. */
  stats(): PoolStats {
    return poolStats(this.dispatcher, this.#state)
  }

  /** Closes and joins: `await using pool = new ThreadPool()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await this.join()
  }

  /** Runs a function with options that were checked. @internal */
  protected run(fn: unknown, args: unknown[], limits: CallLimits, extras = NO_EXTRAS): Future<unknown> {
    const { registration, self } = schedulable(fn, extras.self)
    if (mustSuspend()) return this.#suspend(suspendedCall(this.kind, self))
    const number = ++this.#count
    const invocation = { registration, self, args, options: SCHEDULED }
    const { signal, transfer } = extras
    let call: Call
    try {
      if (signal) throwIfAborted(signal, registration)
      if (isEager()) return this.#runHere(invocation, signal)
      call = this.dispatch(invocation, number, limits, { transfer })
    } catch (error) {
      return failedFuture({ kind: this.kind, flavour: 'concurrent' }, number, error)
    }
    if (signal) watchSignal(signal, call, this.dispatcher)
    return call.future
  }

  #runHere(invocation: Invocation, signal: AbortSignal | undefined): Future<unknown> {
    assertInstance(invocation)
    this.assertOpen()
    return this.eagerCalls.run(invocation, signal)
  }

  /**
   * Packs a call and hands it to the dispatcher. A closed pool still accepts the chunks of its maps.
   *
   * @throws {PoolError} the pool does not accept the call; {@link TypeError} a method without its instance;
   * {@link SerializationError} an argument cannot be sent; {@link CancelledError} a signal among the arguments has aborted
   * @internal
   */
  dispatch(invocation: Invocation, number: number, limits: CallLimits, shape = PLAIN_CALL): Call {
    const tracer = callTracer()
    if (tracer === undefined) return this.#dispatch(invocation, number, limits, shape)
    return dispatchTraced(tracer, { pool: this, invocation, shape }, (traced) =>
      this.#dispatch(invocation, number, limits, traced),
    )
  }

  #dispatch(invocation: Invocation, number: number, limits: CallLimits, shape: CallShape): Call {
    assertInstance(invocation)
    const { kind, dispatcher } = this
    if (this.#state !== 'running') this.assertOpen(shape.chunk !== undefined)
    if (dispatcher.ledger.pending >= this.#capacity && !shape.chunk) throw this.#fullError() // a map limits itself by its `buffer`
    const { name, flavour } = invocation.options
    const signals = arePrimitives(invocation.args) ? undefined : new LiveSignals(invocation.registration)
    const payload = makePayload(kind, invocation, signals, shape)
    const caller = shape.caller ?? recordCaller(invocation.below)
    const { onEvent, span } = shape
    const settings: CallSettings = { kind, name, flavour, number, limits, payload, caller, onEvent, span }
    if (limits.retries !== undefined && !shape.stream && !shape.far)
      return this.#retried.start(settings, dispatcher, signals)
    const call = this.createCall(settings)
    dispatcher.submit(call)
    signals?.watch(call, dispatcher)
    return call
  }

  /** @internal */
  protected createCall(settings: CallSettings): Call {
    return new Call(settings)
  }

  /** Ends idle workers now, and the others when their calls are done. @internal */
  retire(): void {
    this.dispatcher.retire()
  }

  /** @param accepted whether the call belongs to a map that was accepted before. @internal */
  assertOpen(accepted = false): void {
    if (this.#state === 'running' || (accepted && this.#state === 'closed')) return
    const closed = this.#state === 'closed'
    throw new PoolError(
      `Cannot schedule on a ${this.#state} pool. Create a new pool, or schedule before ${closed ? 'close' : 'stop'}().`,
      { reason: closed ? 'closed' : 'stopped' },
    )
  }

  #fullError(): PoolError {
    return new PoolError(
      `The queue of '${this.name}' is full (maxQueue: ${this.#maxQueue}). Wait for some of its calls, or set \`whenFull: 'wait'\`.`,
      { reason: 'full' },
    )
  }

  /** Suspends `join()` too: the module code that made the call does not go on. */
  #suspend<T>(future: T): T {
    this.#ended = new Promise(() => undefined)
    return future
  }

  async #whenMapsAreOver(): Promise<void> {
    for (const { over } of [...this.maps]) await over
    await this.#retried.whenDone()
    await this.eagerCalls.whenDone()
  }

  #end(): Promise<void> {
    return (this.#ended ??= this.#whenMapsAreOver().then(() => this.dispatcher.end()))
  }
}
