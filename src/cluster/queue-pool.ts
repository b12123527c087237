/** The public pool whose calls run on other machines, behind a queue. */
import { hostname } from 'node:os'
import { DispatchedMethod, type Call, type CallLimits, type CallSettings } from '../dispatch/call'
import { EagerCalls } from '../pools/eager'
import type { ProcessMapFuture } from '../pools/map/map-future'
import type { AnyIterable, MapOptions } from '../pools/map/map-arguments'
import { LiveSignals } from '../pools/live-signals'
import { makePayload, type CallShape } from '../pools/payload'
import { Pool } from '../pools/pool'
import type { AnyFunction } from '../pools/pool-options'
import type { PoolParts } from '../pools/pool-parts'
import { assertInstance, SCHEDULED, schedulable, type Invocation } from '../pools/schedulable'
import { readScheduleOptions, type OptionsOf } from '../pools/schedule-options'
import type { PoolStats } from '../pools/stats'
import { dateNow } from '../utils/clock'
import { checkOption, checkOptions } from '../utils/options'
import { uniqueText } from '../utils/unique'
import { connect } from './connect'
import { failedCalls, type FailedCall } from './dead-letters'
import type { CallerEngine, QueueCounts, Repetition } from './engine'
import { BullCallerEngine } from './caller-engine'
import { checkEvery } from './engine-options'
import { isAuthentic, isCall, renewCall, repeatedId, type CallEnvelope, type Secrets } from './envelope'
import { useRoot } from './program-root'
import { QueueCall, type QueueLimits } from './queue-call'
import { QueueDispatcher } from './queue-dispatcher'
import type { QueueFuture } from './queue-future'
import {
  anyIdRule,
  queuePoolRules,
  queueRule,
  splitOptions,
  type QueueCallOptions,
  type QueuePoolOptions,
} from './queue-options'
import { secretsOf } from './secrets'
import { unsignedError } from './sentences'

/** Numbers of a pool and of the whole queue, at one moment. */
export interface QueuePoolStats extends PoolStats {
  /** Of the whole queue, as of the last `refresh()`: jobs that wait, are delayed, run, or have failed; and its workers. */
  readonly queue: (QueueCounts & { /** ms since 1970. */ readonly at: number }) | null
}

const HOUR = 3_600_000
const WEEK = 7 * 24 * HOUR
/** How many chunks of a map are sent ahead. The number of workers is not known. */
const CHUNKS_AHEAD = 32

/**
 * A pool whose calls run in the processes of worker machines (`QueueWorker`, or `npx pebble-ts work`), behind a queue of
 * BullMQ on Redis or PostgreSQL. It is of the kind `process`: `pools.register('cluster', pool)`, `@process({ pool: 'cluster' })`.
 *
 * A call starts at most once, unless `retries` allows more. If its machine is lost, its future rejects with
 * `ProcessExpired` (`mayHaveRun: true`). Calls that were accepted go on when this program ends; `attach(id)` gets their
 * results.
 *
 * @throws {TypeError} an option is missing, unknown or of the wrong type; {@link RangeError} an option is out of range;
 * {@link PoolError} `bullmq`, `ioredis` or `pg` is not installed
 * @example
 * pools.register('cluster', new QueuePool('reports', { connection: process.env.REDIS_URL }))
 */
export class QueuePool extends Pool {
  declare readonly kind: 'process'
  declare readonly dispatcher: QueueDispatcher
  readonly #engine: CallerEngine
  readonly #secrets: Secrets
  readonly #maxAge: number
  #counts: QueuePoolStats['queue'] = null

  constructor(queue: string, options: QueuePoolOptions) {
    checkOption('queue', queue, queueRule)
    const { engine, secrets, maxAge, parts } = partsOf(
      queue,
      checkOptions('new QueuePool()', options, queuePoolRules) as QueuePoolOptions,
    )
    super(parts)
    this.#maxAge = maxAge
    this.#engine = engine
    this.#secrets = secrets
  }

  /** Resolves once calls can be made and their outcomes arrive. Calls may be made before. */
  async ready(): Promise<void> {
    await this.dispatcher.ready()
  }

  override schedule<F extends AnyFunction>(
    fn: F,
    ...[options]: OptionsOf<F, QueueCallOptions>
  ): QueueFuture<Awaited<ReturnType<F>>> {
    const [given, own] = splitOptions(options as never)
    const { args, limits, extras } = readScheduleOptions(given)
    return this.run(fn, args, { ...limits, ...own }, extras) as QueueFuture<Awaited<ReturnType<F>>>
  }

  /**
   * Runs a function with a limit and these arguments. Pebble's `submit`.
   *
   * @param timeout limit of running in ms; `null`: no limit
   */
  submit<F extends AnyFunction>(
    fn: F,
    timeout: number | null,
    ...args: Parameters<F>
  ): QueueFuture<Awaited<ReturnType<F>>> {
    const options = timeout === null ? { args } : { args, timeout }
    return this.schedule(fn, ...([options] as unknown as OptionsOf<F, QueueCallOptions>))
  }

  /** Runs a function for each element, one job per chunk, and gives the results in order. Pebble's `map`. */
  map<A, R>(fn: (a: A) => R | PromiseLike<R>, items: AnyIterable<A>, options?: MapOptions): ProcessMapFuture<Awaited<R>>
  /** The same for two iterables: `fn` gets one element of each. */
  map<A, B, R>(
    fn: (a: A, b: B) => R | PromiseLike<R>,
    as: AnyIterable<A>,
    bs: AnyIterable<B>,
    options?: MapOptions,
  ): ProcessMapFuture<Awaited<R>>
  /** The same for three iterables: `fn` gets one element of each. */
  map<A, B, C, R>(
    fn: (a: A, b: B, c: C) => R | PromiseLike<R>,
    as: AnyIterable<A>,
    bs: AnyIterable<B>,
    cs: AnyIterable<C>,
    options?: MapOptions,
  ): ProcessMapFuture<Awaited<R>>
  map(fn: unknown, ...rest: unknown[]): ProcessMapFuture<unknown> {
    return this.mapAll(fn, rest)
  }

  /**
   * A future of a call that another program, or an earlier run of this one, has made. It rejects with `NotFoundError` if
   * no record of the call is left.
   */
  attach<T = unknown>(id: string): QueueFuture<T> {
    checkOption('id', id, anyIdRule)
    return this.#attach(id)
  }

  #attach<T>(id: string, exists?: Promise<boolean>): QueueFuture<T> {
    const call = new QueueCall({
      kind: 'process',
      flavour: 'concurrent',
      number: 0,
      limits: { id } as QueueLimits,
      payload: {
        method: new DispatchedMethod({ index: -1, key: null, cls: null, label: `call ${id}` }),
        flags: 0,
        self: undefined,
        args: undefined,
        extra: undefined,
        transfer: undefined,
      },
      caller: undefined,
    })
    this.dispatcher.attach(call, exists)
    return call.future as QueueFuture<T>
  }

  /** Runs a function again and again: each `every` ms, or by a `cron` pattern. A later schedule of the key replaces it. */
  async repeat<F extends AnyFunction>(
    key: string,
    fn: F,
    { args, ...schedule }: Repetition & { readonly args?: Readonly<Parameters<F>> },
  ): Promise<void> {
    const { registration, self } = schedulable(fn)
    const request = { registration, self, args: [...(args ?? [])], options: SCHEDULED }
    assertInstance(request)
    const payload = makePayload('process', request, new LiveSignals(registration), { far: true })
    const job = this.dispatcher.jobOf({ id: repeatedId(key), label: registration.label, payload, limits: {} })
    await this.dispatcher.hold.during(() => this.#engine.repeat(key, schedule, job))
  }

  /** Ends the repetition of a key. Resolves to whether there was one. */
  unrepeat(key: string): Promise<boolean> {
    return this.dispatcher.hold.during(() => this.#engine.unrepeat(key))
  }

  /** The failed calls of the queue, the newest first. */
  failed(): AsyncIterable<FailedCall> {
    return failedCalls(this.#engine, this.#secrets, this.dispatcher.hold)
  }

  /** Lets a failed call start again. Rejects with `NotFoundError` if there is no such call. */
  retry(id: string): QueueFuture<unknown> {
    checkOption('id', id, anyIdRule)
    return this.#attach(id, this.#retry(id))
  }

  /** If the call was cancelled just now, it waits until that is done. */
  async #retry(id: string): Promise<boolean> {
    await this.dispatcher.whenRevoked({ id, label: `call ${id}` })
    return await this.#engine.retry(id, (data) => this.#renew(id, data as CallEnvelope))
  }

  /** A new signature, for a call that has one of ours. */
  #renew(id: string, call: CallEnvelope): CallEnvelope {
    if (!isCall(call) || !isAuthentic(id, call, this.#secrets)) throw unsignedError(`call ${id}`, this.name)
    return renewCall(id, call, this.#engine.time() + this.#maxAge, this.#secrets)
  }

  /** Removes the record of a call. */
  async forget(id: string): Promise<void> {
    checkOption('id', id, anyIdRule)
    await this.dispatcher.hold.during(() => this.#engine.forget(id))
  }

  /** Reads the numbers of the whole queue for {@link stats}. */
  async refresh(): Promise<QueuePoolStats> {
    const counts = await this.dispatcher.hold.during(() => this.#engine.counts())
    this.#counts = { ...counts, at: dateNow() }
    return this.stats()
  }

  override stats(): QueuePoolStats {
    return { ...super.stats(), queue: this.#counts }
  }

  /** @internal */
  override dispatch(request: Invocation, number: number, limits: CallLimits, shape: CallShape = {}): Call {
    return super.dispatch(request, number, limits, { ...shape, far: true })
  }

  protected override createCall(settings: CallSettings): Call {
    return new QueueCall(settings)
  }
}

function partsOf(
  queue: string,
  options: QueuePoolOptions,
): {
  engine: CallerEngine
  secrets: Secrets
  maxAge: number
  parts: PoolParts
} {
  const { name = queue, lease = 15_000, maxQueue = Infinity, maxPayload = 8 * 1024 * 1024 } = options
  const { connection, keep = HOUR, keepFailed = WEEK, code = 'any', connectTimeout = 10_000 } = options
  const { maxAge = keepFailed } = options
  if (connection === undefined) throw new TypeError('Expected `connection` in the options of new QueuePool()')
  const secrets = secretsOf('new QueuePool()', queue, options.secret)
  useRoot(options.root)
  const engine = new BullCallerEngine({ queue, connection: connect(connection), secrets, lease, keep, keepFailed })
  const dispatcher = new QueueDispatcher({
    queue,
    engine,
    caller: `${hostname()}:${uniqueText()}`,
    secrets,
    code,
    retries: options.retries,
    maxPayload,
    maxAge,
    connectTimeout,
    checkEvery: checkEvery(lease),
  })
  const parts: PoolParts = {
    kind: 'process',
    name,
    maxWorkers: CHUNKS_AHEAD,
    parallel: 0,
    maxQueue: options.whenFull === 'wait' ? Infinity : maxQueue,
    eagerCalls: new EagerCalls('process', {}),
    dispatcher,
  }
  return { engine, secrets, maxAge, parts }
}
