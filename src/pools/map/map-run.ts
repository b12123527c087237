/**
 * One run of `map`: elements become chunks, chunks become calls, and outcomes become elements again, in order.
 *
 *   iterables ─ Intake: at most `buffer` ahead ─► chunk ─ ChunkSender ─► call ═══► worker: body, body, body …
 *                                                                                    │ each result leaves before the next
 *   consumer ◄── ResultReader ◄── ResultQueue, in order ◄── ChunkSender ◄────────────┘ body starts
 *
 * `MapRun` connects these. It does not keep the future or the reader alive: when the consumer has dropped both, they are
 * collected, and the run is abandoned.
 */
import { recordCallerAsText } from '../../dispatch/caller-stack'
import { CancelledError, PoolError } from '../../errors'
import type { Future } from '../../futures/future'
import { abandonWith, type Abandonable } from '../../utils/abandoned'
import { Context } from '../../utils/async-context'
import { onAbort } from '../../utils/on-abort'
import { atCaller } from '../../utils/user-frames'
import { assertInstance, type Schedulable } from '../schedulable'
import { ChunkSender, type ChunkPool } from './chunk-sender'
import { Intake } from './intake'
import type { MapArguments } from './map-arguments'
import { mapFuture, MapFutureHandle, type MapControl, type MapFuture, type MapProgress } from './map-future'
import { ReaderState, ResultQueue } from './results'

/** Default of the option `buffer`. */
const BUFFER = 1024
/** How many chunks are sent ahead for each worker: one that runs, and others, so that the worker is never idle. */
const CHUNKS_AHEAD = 4
/** Of smaller chunks, more are sent ahead: this many elements for each of those. */
const ELEMENTS_AHEAD = 256
/** The most workers that a map assumes. It bounds how many elements are taken ahead, whatever `maxWorkers` is. */
const MOST_WORKERS = 10_000

/** What a map needs of the pool. */
export interface MapPool extends ChunkPool {
  readonly kind: 'thread' | 'process'
  readonly maxWorkers: number
  /** Maps that are not over. */
  readonly maps: Set<MapRun>
  /** @throws {PoolError} the pool does not accept maps */
  assertOpen(): void
}

/**
 * The state of a run. It follows from the intake and the open chunks.
 *
 *   Taking ──── the iterables have ended or thrown ────► Draining ──the last chunk settled──► Over
 *      └── cancelled, refused, or abandoned: closed ───────►┘
 *
 *   Taking: elements are taken from the iterables as there is room.
 *   Draining: nothing more is taken; chunks are still with the pool.
 *   Over: every element is settled, whether it was read or not.
 *
 * A cancelled run drains like any other; `#cancelled` then holds the error of the elements that did not run.
 */
const enum RunState {
  Taking,
  Draining,
  Over,
}

export class MapRun implements MapControl, Abandonable {
  readonly queue: ResultQueue
  readonly pid = null
  readonly #pool: MapPool
  readonly #task: Schedulable
  readonly #signal: AbortSignal | undefined
  readonly #intake: Intake
  readonly #sender: ChunkSender
  /** There is room for a chunk while at most this many elements were not delivered. */
  readonly #roomAt: number
  readonly #chunksAhead: number
  /** As text: a recorded stack refers to the `this` of its frames, and so perhaps to the future that the consumer drops. */
  readonly #caller = recordCallerAsText()
  readonly #future = new MapFutureHandle()
  #resolveOver!: () => void
  /** Resolves in the state Over. */
  readonly over = new Promise<void>((resolve) => (this.#resolveOver = resolve))
  #done = 0
  /** Whether `buffer` is ignored while there is no reader: the pool is being joined, or the results can no longer be read. */
  #runsToEnd = false
  #cancelled: CancelledError | undefined

  constructor(pool: MapPool, task: Schedulable, { iterables, options }: MapArguments) {
    const { chunkSize = 1, signal, timeout, grace, priority } = options
    const workers = Math.min(pool.maxWorkers, MOST_WORKERS)
    const context = new Context()
    this.#pool = pool
    this.#task = task
    this.#signal = signal
    this.#chunksAhead = CHUNKS_AHEAD * workers * Math.max(1, Math.ceil(ELEMENTS_AHEAD / chunkSize))
    const buffer = options.buffer ?? Math.max(BUFFER, CHUNKS_AHEAD * workers * chunkSize)
    this.#roomAt = Math.max(0, buffer - chunkSize)
    const hooks = { consumed: () => this.#intake.take(), stop: () => this.cancelRest() }
    this.queue = new ResultQueue(hooks, this.#roomAt)
    this.#intake = new Intake(iterables, chunkSize, context, {
      hasRoom: () => this.#hasRoom(),
      add: (count) => this.queue.add(count),
      send: (chunk) => this.#sender.send(chunk),
      failed: (error) => this.queue.fail(error),
      paused: () => this.#advance(),
    })
    const limits = { timeout, grace, priority }
    this.#sender = new ChunkSender(
      { pool, task, width: iterables.width, limits, caller: this.#caller, context },
      {
        finish: (index, value) => this.#settled(Number(this.queue.finish(index, value))) > 0,
        finishRun: (first, values) => this.#settled(this.queue.finishRun(first, values)),
        fail: (index, error) => this.#settled(Number(this.queue.failElement(index, error))) > 0,
        isOpen: (index) => this.queue.isOpen(index),
        refused: (error) => this.#giveUp(error),
        settled: () => this.#chunkSettled(),
        cancellation: () => this.#cancelled,
      },
    )
  }

  get progress(): MapProgress {
    return { done: this.#done, total: this.#intake.total }
  }

  get futures(): readonly Future<unknown>[] {
    return this.#sender.futures
  }

  get isCancelled(): boolean {
    return this.#cancelled !== undefined
  }

  get #state(): RunState {
    if (!this.#intake.isOver) return RunState.Taking
    return this.#sender.size > 0 ? RunState.Draining : RunState.Over
  }

  start(): MapFuture<unknown> {
    const future = mapFuture(this.#pool.kind, this)
    this.#future.set(future)
    this.#begin(future)
    return future
  }

  #begin(future: MapFuture<unknown>): void {
    const signal = this.#signal
    try {
      assertInstance(this.#task)
      this.#pool.assertOpen()
    } catch (error) {
      atCaller(error, this.#caller)
      this.#giveUp(error)
      this.queue.fail(error)
      return
    }
    if (signal?.aborted) {
      this.cancelRest(signal.reason)
      return
    }
    this.#pool.maps.add(this)
    if (signal) void this.over.then(onAbort(signal, () => this.cancelRest(signal.reason)))
    abandonWith(future.reader as object, this)
    this.#intake.take()
  }

  /** The pool is joined: a map without a reader does not wait for one. */
  runToEnd(): void {
    this.#runsToEnd = true
    this.#intake.take()
  }

  /**
   * The consumer has dropped the future and the iterator. If the map was read, the rest is cancelled. If it was never
   * read, its bodies run for their effects, like calls whose futures are dropped. If the number of elements is known, all
   * of them run; otherwise only those that were taken, because the iterables may be endless.
   */
  abandon(): void {
    const { reader } = this.queue
    if (this.#runsToEnd && reader !== ReaderState.Attached) return
    if (reader !== ReaderState.None) this.cancelRest()
    else if (this.#intake.total !== undefined) this.runToEnd()
    else this.#cutShort()
  }

  running(): boolean {
    return this.#done < this.#intake.taken && this.futures.some((future) => future.running())
  }

  observe(waiting?: MapFuture<unknown>): void {
    this.#future.observe(waiting)
    if (this.#done > 0) this.#future.fulfil()
  }

  cancel(): boolean {
    return this.cancelRest()
  }

  /**
   * Cancels what is not done.
   *
   * @param alsoRunning whether running chunks are stopped as well
   * @returns `false` if everything is done or cancelled already
   */
  cancelRest(reason?: unknown, alsoRunning = true): boolean {
    const isDone = this.#state !== RunState.Taking && this.#done === this.#intake.taken
    if (this.#cancelled || isDone) return false
    this.#cancelled = new CancelledError('The map was cancelled.', reason === undefined ? undefined : { cause: reason })
    this.#giveUp(this.#cancelled) // before the chunks are cancelled: their errors must not settle the future
    this.#sender.cancel(reason, alsoRunning)
    this.queue.end()
    this.#advance()
    return true
  }

  /** Stops taking elements. Elements that were taken and not sent fail with `error`, and so does a pending future. */
  #giveUp(error: unknown): void {
    const unsent = this.#intake.stop()
    if (error instanceof PoolError && this.#done > 0) this.#future.fulfil() // the results that are there can be read
    this.#future.fail(error, this.queue.reader !== ReaderState.None)
    const { taken } = this.#intake
    for (let index = taken - unsent; index < taken; index++) {
      this.#settled(Number(this.queue.failElement(index, error)))
    }
  }

  /** Stops taking elements. Those that were taken run. */
  #cutShort(): void {
    const { label } = this.#task.registration
    process.emitWarning(
      `A map of ${label} was dropped unread: ${this.#intake.taken} elements of an iterable of unknown length were taken. ` +
        'Read the map to its end, or keep it until its pool is joined.',
      'PebbleWarning',
    )
    this.#intake.finish()
    this.#advance()
  }

  #hasRoom(): boolean {
    if (this.#sender.size >= this.#chunksAhead) return false
    if (this.#runsToEnd && this.queue.reader !== ReaderState.Attached) return true
    return this.queue.size <= this.#roomAt
  }

  #settled(count: number): number {
    this.#done += count
    if (count > 0) this.#future.firstOutcome()
    return count
  }

  /** A settled chunk makes room for others. */
  #chunkSettled(): void {
    this.#intake.take()
    this.#advance()
  }

  /** Acts on the states Draining and Over. */
  #advance(): void {
    const state = this.#state
    if (state === RunState.Taking) return
    this.queue.end()
    if (state === RunState.Draining) return
    this.#future.fulfil()
    this.#pool.maps.delete(this)
    this.#resolveOver()
  }
}
