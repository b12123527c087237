import { CancelledError, PoolError } from '../../errors'
import { recordCallerAsText } from '../../dispatch/caller-stack'
import type { Future } from '../../futures/future'
import { abandonWith, type Abandonable } from '../../utils/abandoned'
import { Context } from '../../utils/async-context'
import { onAbort } from '../../utils/on-abort'
import { atCaller } from '../../utils/user-frames'
import type { Pool } from '../pool'
import { assertInstance, type Schedulable } from '../schedulable'
import { ChunkSender } from './chunk-sender'
import { FutureHandle } from './future-handle'
import { Intake } from './intake'
import { mapFuture, type MapControl, type MapFuture, type MapProgress } from './map-future'
import type { MapOptions } from './map-options'
import { ResultQueue, type Element } from './results'
import type { Sources } from './sources'

const BUFFER = 1024
/** Chunks with the pool for each worker: one that runs, and what keeps its pipe from running dry. */
const CHUNKS_AHEAD = 4
/** Workers that a map counts with at the most: what it takes ahead is bounded, whatever `maxWorkers` is. */
const MOST_WORKERS = 10_000

/** What a map is made of. */
export interface MapRequest {
  readonly pool: Pool
  readonly what: Schedulable
  readonly sources: Sources
  /** Arguments of one element. */
  readonly width: number
  readonly options: MapOptions
  /** The most workers of the pool. */
  readonly workers: number
}

export class MapRun implements MapControl, Abandonable {
  readonly queue: ResultQueue
  readonly pid = null
  readonly #request: MapRequest
  readonly #intake: Intake
  readonly #sender: ChunkSender
  readonly #chunkSize: number
  readonly #buffer: number
  readonly #chunksAhead: number
  /** As text: frames hold their `this`, which may hold what the consumer drops. */
  readonly #caller = recordCallerAsText()
  readonly #future = new FutureHandle()
  #end!: () => void
  /** Resolves when all elements are done, read or not. */
  readonly over = new Promise<void>((resolve) => (this.#end = resolve))
  #done = 0
  /** The pool is joined, or nobody can read any more: while nobody reads, `buffer` holds nothing back. */
  #isUnbounded = false
  #cancelled: CancelledError | undefined

  constructor(request: MapRequest) {
    const { sources, options } = request
    const workers = Math.min(request.workers, MOST_WORKERS)
    const context = new Context()
    this.#request = request
    this.#chunkSize = options.chunkSize ?? 1
    this.#chunksAhead = CHUNKS_AHEAD * workers * Math.max(1, Math.ceil(256 / this.#chunkSize))
    this.#buffer = options.buffer ?? Math.max(BUFFER, CHUNKS_AHEAD * workers * this.#chunkSize)
    this.queue = new ResultQueue({ consumed: () => this.#intake.take(), stop: () => this.cancelRest() })
    this.#intake = new Intake(sources, this.#chunkSize, context, {
      hasRoom: () => this.#hasRoom(),
      add: () => this.queue.add(),
      send: (chunk) => this.#sender.send(chunk),
      failed: (error) => this.queue.end(true, error),
      paused: () => this.#check(),
    })
    this.#sender = new ChunkSender(
      { ...request, caller: this.#caller, context },
      {
        finish: (element, state, value) => this.#finish(element, state, value),
        refused: (error) => this.#giveUp(error),
        settled: () => this.#goOn(),
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

  start(): MapFuture<unknown> {
    const future = mapFuture(this.#request.pool.kind, this)
    this.#future.set(future)
    this.#begin(future)
    return future
  }

  #begin(future: MapFuture<unknown>): void {
    const { pool, what, options } = this.#request
    const { signal } = options
    try {
      assertInstance(what)
      pool.assertOpen()
    } catch (error) {
      atCaller(error, this.#caller)
      this.#giveUp(error)
      this.queue.end(true, error)
      return
    }
    if (signal?.aborted) {
      this.cancelRest(signal.reason)
      return
    }
    pool.maps.add(this)
    if (signal) void this.over.then(onAbort(signal, () => this.cancelRest(signal.reason)))
    abandonWith(future.reader as object, this)
    this.#intake.take()
  }

  /** Somebody waits for the pool's end: a map that nobody reads yet does not wait for its reader. */
  runToEnd(): void {
    this.#isUnbounded = true
    this.#intake.take()
  }

  /**
   * The future and the iterator were dropped. A reader that has left has had enough. Where nobody ever read, the bodies
   * run for what they do: as calls whose futures are dropped, they run to the end of iterables whose length is known.
   * The end of others may never come.
   */
  abandon(): void {
    if (this.#isUnbounded && !this.queue.hasReader) return
    if (this.queue.wasRead) this.cancelRest()
    else if (this.#intake.total !== undefined) this.runToEnd()
    else this.#cutShort()
  }

  running(): boolean {
    return this.futures.some((future) => future.running())
  }

  observe(waiting?: MapFuture<unknown>): void {
    this.#future.observe(waiting)
    if (this.#done > 0) this.#future.fulfil()
  }

  cancel(): boolean {
    return this.cancelRest()
  }

  /** @param alsoRunning whether the chunks that run are stopped */
  cancelRest(reason?: unknown, alsoRunning = true): boolean {
    if (this.#cancelled || (this.#intake.isOver && this.#done === this.#intake.taken)) return false
    this.#cancelled = new CancelledError('The map was cancelled.', reason === undefined ? undefined : { cause: reason })
    this.#giveUp(this.#cancelled) // before its chunks, whose end would look like its own
    this.#sender.cancel(reason, alsoRunning)
    this.queue.end(false)
    this.#check()
    return true
  }

  /** Takes no more elements; those that were taken and not sent tell why, and so does a future without an outcome. */
  #giveUp(error: unknown): void {
    const unsent = this.#intake.stop()
    if (error instanceof PoolError && this.#done > 0) this.#future.fulfil() // what is there can be read
    this.#future.fail(error, this.queue.wasRead)
    for (const element of unsent) this.#finish(element, 'failed', error)
  }

  /** Takes no more elements; those that were taken are run. */
  #cutShort(): void {
    const { label } = this.#request.what.registration
    process.emitWarning(
      `A map of ${label} was dropped unread: of an iterable of unknown length, ${this.#intake.taken} elements were taken. ` +
        'Read the map to its end, or keep it until its pool is joined.',
      'PebbleWarning',
    )
    this.#intake.finish()
    this.#check()
  }

  #hasRoom(): boolean {
    if (this.#sender.size >= this.#chunksAhead) return false
    if (this.#isUnbounded && !this.queue.hasReader) return true
    return this.queue.size + this.#chunkSize <= Math.max(this.#buffer, this.#chunkSize)
  }

  #finish(element: Element, state: 'done' | 'failed', value: unknown): boolean {
    if (!this.queue.settle(element, state, value)) return false
    this.#done += 1
    if (this.#future.isObserved) this.#future.fulfil()
    return true
  }

  /** A chunk has made room. */
  #goOn(): void {
    this.#intake.take()
    this.#check()
  }

  /** Ends the map when all is done. */
  #check(): void {
    if (!this.#intake.isOver) return
    this.queue.end(false)
    if (this.#sender.size > 0) return
    this.#future.fulfil()
    this.#request.pool.maps.delete(this)
    this.#end()
  }
}
