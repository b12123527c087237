/**
 * `map`: elements become chunks, chunks become calls, and their outcomes become elements again, in order.
 *
 *   sources ─ take, at most `buffer` ahead ─► chunk ─► call ═══► worker: body, body, body …
 *                                                                   │ each published before the next starts
 *   consumer ◄── results, in order ◄── elements ◄──────────────────┘
 *
 * A chunk that ends early (a limit, a dead worker, a stray error) keeps the elements that were done. What was running when
 * its worker died fails with that; what had not started is run again, as a chunk of its own.
 */
import { CancelledError, PebbleError, PoolError, ProcessExpired, ThreadExpired } from '../../errors'
import { recordCaller, type CallerStack } from '../../dispatch/caller-stack'
import { outcomeError, outcomeValue } from '../../dispatch/outcomes'
import { Future } from '../../futures/future'
import { Context } from '../../utils/async-context'
import { onAbort } from '../../utils/on-abort'
import { checkOptions } from '../../utils/options'
import { atCaller } from '../../utils/user-frames'
import { Kind, type WorkerMessage } from '../../wire/messages'
import { isEager } from '../eager'
import type { Pool } from '../pool'
import { assertInstance, type Schedulable } from '../schedulable'
import { submitTo } from '../submit-to'
import { limitOfChunk } from './chunk-errors'
import { mapFuture, type MapControl, type MapFuture, type MapProgress } from './map-future'
import { mapRules, type MapOptions } from './map-options'
import { ResultQueue, type Element } from './results'
import { checkSources, isSource, Sources } from './sources'

const BUFFER = 1024
/** Chunks with the pool for each worker: one that runs, and what keeps its pipe from running dry. */
const CHUNKS_AHEAD = 4

/** Starts a `map` on `pool`; `rest` are its iterables and, last, its options. */
export function collect(pool: Pool, what: Schedulable, rest: unknown[], workers: number): MapFuture<unknown> {
  const last = rest.at(-1)
  const iterables = isOptions(last) ? rest.slice(0, -1) : rest
  const options = checkOptions('map()', isOptions(last) ? last : undefined, mapRules)
  const sources = new Sources(checkSources(iterables))
  const run = new MapRun(pool, what, sources, iterables.length, options, workers)
  return run.start()
}

function isOptions(value: unknown): value is MapOptions | undefined {
  return value === undefined || (typeof value === 'object' && !isSource(value))
}

interface Chunk {
  readonly elements: readonly Element[]
  readonly args: readonly unknown[]
  /** Number of its first element. */
  readonly first: number
}

/** A chunk that was submitted and is not settled. */
interface OpenChunk {
  readonly future: Future<unknown>
  cancel(reason: unknown): boolean
}

class MapRun implements MapControl {
  readonly results: ResultQueue
  readonly #pool: Pool
  readonly #what: Schedulable
  readonly #sources: Sources
  /** Arguments of one element. */
  readonly #width: number
  readonly #options: MapOptions
  readonly #chunkSize: number
  readonly #buffer: number
  readonly #chunksAhead: number
  readonly #caller: CallerStack | undefined = recordCaller()
  /** That of the call of `map`: whoever reads results, or ends a chunk, has elements taken from the iterables in it. */
  readonly #context = new Context()
  /** Chunks that are with the pool. */
  readonly #open = new Set<OpenChunk>()
  readonly #future: MapFuture<unknown>
  #end!: () => void
  /** Resolves when all elements are done, read or not. */
  readonly over = new Promise<void>((resolve) => (this.#end = resolve))
  #taken = 0
  #done = 0
  /** Elements that were taken for a chunk that is not full yet. */
  #gathered: readonly Element[] = []
  /** Somebody waits for the end: while nobody reads, `buffer` holds nothing back. */
  #joined = false
  #exhausted = false
  #cancelled: CancelledError | undefined
  /** Somebody has asked for the future. Until then a cancellation can still reject it. */
  #observed = false
  #taking = false

  constructor(pool: Pool, what: Schedulable, sources: Sources, width: number, options: MapOptions, workers: number) {
    this.#pool = pool
    this.#what = what
    this.#sources = sources
    this.#width = width
    this.#options = options
    this.#chunkSize = options.chunkSize ?? 1
    this.#chunksAhead = CHUNKS_AHEAD * workers * Math.max(1, Math.ceil(256 / this.#chunkSize))
    this.#buffer = options.buffer ?? Math.max(BUFFER, CHUNKS_AHEAD * workers * this.#chunkSize)
    this.results = new ResultQueue({ consumed: () => this.#take(), stop: () => this.cancelRest() })
    this.#future = mapFuture(pool.kind, this)
  }

  readonly pid = null

  get progress(): MapProgress {
    return { done: this.#done, total: this.#exhausted ? this.#taken : this.#sources.total }
  }

  get futures(): readonly Future<unknown>[] {
    return [...this.#open].map((chunk) => chunk.future)
  }

  get isCancelled(): boolean {
    return this.#cancelled !== undefined
  }

  start(): MapFuture<unknown> {
    const { signal } = this.#options
    try {
      assertInstance(this.#what)
      this.#pool.assertOpen()
    } catch (error) {
      atCaller(error, this.#caller)
      this.#giveUp(error)
      this.#exhaust(true, error)
      return this.#future
    }
    if (signal?.aborted) {
      this.cancelRest(signal.reason)
      return this.#future
    }
    this.#pool.maps.add(this)
    if (signal) void this.over.then(onAbort(signal, () => this.cancelRest(signal.reason)))
    this.#take()
    return this.#future
  }

  /** Somebody waits for the pool's end: a map that nobody reads yet does not wait for its reader. */
  runToEnd(): void {
    this.#joined = true
    this.#take()
  }

  running(): boolean {
    return [...this.#open].some(({ future }) => future.running())
  }

  observe(): void {
    this.#observed = true
    if (this.#done > 0) this.#fulfil()
  }

  cancel(): boolean {
    return this.cancelRest()
  }

  /** @param alsoRunning whether the chunks that run are stopped */
  cancelRest(reason?: unknown, alsoRunning = true): boolean {
    if (this.#cancelled || (this.#exhausted && this.#done === this.#taken)) return false
    this.#cancelled = new CancelledError('The map was cancelled.', reason === undefined ? undefined : { cause: reason })
    this.#giveUp(this.#cancelled) // before its chunks, whose end would look like its own
    for (const chunk of [...this.#open]) if (alsoRunning || !chunk.future.running()) chunk.cancel(reason)
    this.#exhaust(false)
    this.#check()
    return true
  }

  /** Takes no more elements; those that were taken and not sent tell why, and so does a future without an outcome. */
  #giveUp(error: unknown): void {
    this.#exhausted = true
    if (error instanceof PoolError && this.#done > 0) this.#fulfil() // what is there can be read
    if (error instanceof CancelledError) this.#future.markHandled()
    Future.settle(this.#future, error instanceof CancelledError ? 'cancelled' : 'failed', error)
    this.#closeSources()
    for (const element of this.#gathered) this.#finish(element, 'failed', error)
  }

  /** Makes chunks while there is room for them. Asynchronous sources are waited for, one element at a time. */
  #take(): void {
    if (this.#taking || this.#exhausted) return
    this.#taking = true
    this.#context.run(() => this.#takeNow())
  }

  #takeNow(): void {
    try {
      while (!this.#exhausted && this.#hasRoom()) {
        const chunk = this.#gather()
        if (chunk instanceof Promise) {
          void chunk.then(
            () => this.#takeOn(),
            (error: unknown) => this.#sourceFailed(error),
          )
          return
        }
      }
    } catch (error) {
      this.#sourceFailed(error)
    }
    this.#taking = false
    this.#check()
  }

  #takeOn(): void {
    this.#taking = false
    this.#take()
    this.#check() // the source may have ended when all that came before was done
  }

  #hasRoom(): boolean {
    if (this.#open.size >= this.#chunksAhead) return false
    if (this.#joined && !this.results.hasReader) return true
    return this.results.size + this.#chunkSize <= Math.max(this.#buffer, this.#chunkSize)
  }

  /** Takes the elements of one chunk and submits it. */
  #gather(args: unknown[] = [], elements: Element[] = []): void | Promise<void> {
    this.#gathered = elements
    try {
      while (elements.length < this.#chunkSize) {
        const step = this.#sources.next()
        if (step instanceof Promise) {
          return step.then(
            (each) => (this.#add(each, args, elements) ? this.#gather(args, elements) : this.#submit(args, elements)),
            (error: unknown) => this.#cutShort(args, elements, error),
          )
        }
        if (!this.#add(step, args, elements)) break
      }
    } catch (error) {
      this.#cutShort(args, elements, error)
    }
    this.#submit(args, elements)
  }

  #add(step: IteratorResult<unknown[]>, args: unknown[], elements: Element[]): boolean {
    if (step.done || this.#exhausted) {
      this.#exhausted = true
      this.#closeSources() // those that are longer than the shortest
      return false
    }
    args.push(...step.value)
    elements.push(this.results.add())
    this.#taken += 1
    return true
  }

  /** The source failed in the middle of a chunk: what came before it counts. */
  #cutShort(args: unknown[], elements: Element[], error: unknown): never {
    this.#submit(args, elements)
    throw error
  }

  #sourceFailed(error: unknown): void {
    this.#taking = false
    this.#exhaust(true, error)
    this.#closeSources()
    this.#check()
  }

  #closeSources(): void {
    this.#context.run(() => this.#sources.close())
  }

  #submit(args: unknown[], elements: Element[]): void {
    this.#gathered = []
    if (elements.length > 0 && !this.#cancelled) this.#send({ args, elements, first: this.#taken - elements.length })
  }

  /** In the context of the call: hooks of `@serializable` classes may run. */
  #send(chunk: Chunk): void {
    this.#context.run(() => this.#sendNow(chunk))
  }

  #sendNow(chunk: Chunk): void {
    const { timeout, grace, priority } = this.#options
    let received = 0
    const onNews = (message: WorkerMessage): void => {
      const element = chunk.elements[message.duration]
      if (element && this.#settle(element, message)) received += 1
    }
    try {
      const { registration, self } = this.#what
      const request = { registration, self, args: chunk.args as unknown[], options: CHUNK }
      if (isEager()) {
        const publish = (index: number, failed: boolean, value: unknown): void => {
          if (this.#finish(chunk.elements[index] as Element, failed ? 'failed' : 'done', value)) received += 1
        }
        const future = this.#pool.here.runChunk(request, this.#width, publish)
        this.#watch({ future, cancel: () => future.cancel() }, chunk, () => received)
        return
      }
      const item = chunk.elements.length === 1 ? chunk.first : undefined
      const shape = { chunk: this.#width, item, onNews, caller: this.#caller }
      const call = submitTo(this.#pool, request, 0, { timeout, grace, priority }, shape)
      const cancel = (reason: unknown): boolean => this.#pool.dispatcher.cancel(call, reason)
      this.#watch({ future: call.future, cancel }, chunk, () => received)
    } catch (error) {
      this.#refused(chunk, error)
    }
  }

  #settle(element: Element, message: WorkerMessage): boolean {
    const failed = message.kind === Kind.ElementThrown
    let value: unknown
    try {
      value = failed ? outcomeError(message, 'the body') : outcomeValue(message)
    } catch (error) {
      return this.#finish(element, 'failed', error)
    }
    return this.#finish(element, failed ? 'failed' : 'done', value)
  }

  #finish(element: Element, state: 'done' | 'failed', value: unknown): boolean {
    if (!this.results.settle(element, state, value)) return false
    this.#done += 1
    if (this.#observed) this.#fulfil()
    return true
  }

  #watch(open: OpenChunk, chunk: Chunk, received: () => number): void {
    const { future } = open
    this.#open.add(open)
    future.markHandled()
    future.whenDone(() => {
      this.#open.delete(open)
      const { state, value } = future.peek()
      if (state !== 'finished') this.#endedEarly(chunk, received(), value)
      else if (received() < chunk.elements.length) this.#sendRest(chunk, value as number)
      this.#take()
      this.#check()
    })
  }

  /** What was done is kept. */
  #endedEarly(chunk: Chunk, received: number, error: unknown): void {
    const left = chunk.elements.findIndex((element) => element.state === 'open')
    if (left < 0) return
    const expired = error instanceof ProcessExpired || error instanceof ThreadExpired
    const failed = expired ? left + 1 : chunk.elements.length
    if (error instanceof PoolError) this.#giveUp(error)
    const shown = limitOfChunk(error, chunk.first, chunk.elements.length, received)
    for (const element of chunk.elements.slice(left, failed)) this.#finish(element, 'failed', shown)
    this.#sendRest(chunk, failed)
  }

  /** The elements of a chunk from that one on have not run: they become a chunk of their own, unless nobody wants them. */
  #sendRest({ elements, args, first }: Chunk, from: number): void {
    const rest = elements.slice(from)
    if (this.#cancelled) for (const element of rest) this.#finish(element, 'failed', this.#cancelled)
    else if (rest.length > 0) this.#send({ elements: rest, args: args.slice(from * this.#width), first: first + from })
  }

  /** A chunk that cannot be sent: its elements are tried one by one, so that only the guilty fail. */
  #refused(chunk: Chunk, error: unknown): void {
    const [only] = chunk.elements
    if (chunk.elements.length === 1) {
      if (error instanceof PebbleError) atCaller(error, this.#caller)
      this.#finish(only as Element, 'failed', error)
      return
    }
    chunk.elements.forEach((element, index) => {
      const args = chunk.args.slice(index * this.#width, (index + 1) * this.#width)
      this.#send({ elements: [element], args, first: chunk.first + index })
    })
  }

  #exhaust(failed: boolean, error?: unknown): void {
    this.#exhausted = true
    this.results.end(failed, error)
  }

  /** The iterator is there. */
  #fulfil(): void {
    Future.settle(this.#future, 'finished', this.results)
  }

  /** Ends the map when all is done. */
  #check(): void {
    if (this.#exhausted) this.results.end(false)
    if (!this.#exhausted || this.#open.size > 0) return
    this.#fulfil()
    this.#pool.maps.delete(this)
    this.#end()
  }
}

/** Options of calls that no decorator made. */
const CHUNK = { flavour: 'concurrent', state: 'snapshot' } as const
