/** Sends the chunks of a map as calls, and turns their events and outcomes into outcomes of elements. */
import type { CallSpan } from '../../diagnostics/call-span'
import type { Call, CallLimits } from '../../dispatch/call'
import { outcomeError, outcomeValue } from '../../dispatch/call-ledger'
import type { CallerStack } from '../../dispatch/caller-stack'
import { PebbleError, PoolError, ProcessExpired, ThreadExpired, TimeoutError, type CancelledError } from '../../errors'
import type { Future } from '../../futures/future'
import type { Context } from '../../utils/async-context'
import { atCaller } from '../../utils/user-frames'
import { MessageKind, type WorkerMessage } from '../../wire/messages'
import { isEager, type EagerCalls } from '../eager'
import type { CallShape } from '../payload'
import { SCHEDULED, type Invocation, type Schedulable } from '../schedulable'

/** What chunks need of the pool. */
export interface ChunkPool {
  readonly dispatcher: { cancel(call: Call, reason?: unknown): boolean }
  readonly eagerCalls: EagerCalls
  dispatch(invocation: Invocation, number: number, limits: CallLimits, shape: CallShape): Call
}

export interface Chunk {
  /** Index of its first element in the map. */
  readonly first: number
  /** How many elements it has. */
  readonly count: number
  readonly args: readonly unknown[]
}

/** A chunk that was sent and is not settled. */
interface OpenChunk {
  readonly future: Future<unknown>
  cancel(reason: unknown): boolean
}

/** What all chunks of a map are sent with. */
export interface ChunkSettings {
  readonly pool: ChunkPool
  readonly task: Schedulable
  /** Number of arguments of one element. */
  readonly width: number
  readonly limits: CallLimits
  /** Where `map` was called. */
  readonly caller: CallerStack
  /** The context of the call of `map`: hooks of `@serializable` classes run in it. */
  readonly context: Context
}

/** What `MapRun` does with the outcomes. An element is named by its index in the map. */
interface SenderHooks {
  /** @returns `false` if the element was settled before */
  finish(index: number, value: unknown): boolean
  /** @returns how many of the elements were not settled before */
  finishRun(first: number, values: readonly unknown[]): number
  /** @returns `false` if the element was settled before */
  fail(index: number, error: unknown): boolean
  isOpen(index: number): boolean
  /** The pool does not accept calls any more. */
  refused(error: PoolError): void
  /** A chunk has settled. */
  settled(): void
  /** Why nothing is sent any more, if the map was cancelled. */
  cancellation(): CancelledError | undefined
}

/**
 * Sends chunks as calls, and turns the outcomes of calls into outcomes of elements.
 *
 * If a chunk ends early (a limit, a dead worker, an uncaught error), its finished elements keep their results. If its
 * worker died, the element that ran fails, and the elements behind it run as a chunk of their own.
 */
export class ChunkSender {
  readonly #settings: ChunkSettings
  readonly #hooks: SenderHooks
  readonly #open = new Set<OpenChunk>()

  constructor(settings: ChunkSettings, hooks: SenderHooks) {
    this.#settings = settings
    this.#hooks = hooks
  }

  /** Number of chunks that were sent and are not settled. */
  get size(): number {
    return this.#open.size
  }

  get futures(): readonly Future<unknown>[] {
    return [...this.#open].map((chunk) => chunk.future)
  }

  /** @param alsoRunning whether running chunks are stopped as well */
  cancel(reason: unknown, alsoRunning: boolean): void {
    for (const chunk of [...this.#open]) if (alsoRunning || !chunk.future.running()) chunk.cancel(reason)
  }

  send(chunk: Chunk): void {
    this.#settings.context.run(() => this.#trySend(chunk))
  }

  #trySend(chunk: Chunk): void {
    const { registration, self } = this.#settings.task
    const invocation = { registration, self, args: chunk.args as unknown[], options: SCHEDULED }
    try {
      if (isEager()) this.#runHere(chunk, invocation)
      else this.#dispatch(chunk, invocation)
    } catch (error) {
      this.#unsendable(chunk, error)
    }
  }

  #runHere(chunk: Chunk, invocation: Invocation): void {
    const { pool, width } = this.#settings
    let received = 0
    const publish = (index: number, failed: boolean, value: unknown): void => {
      const element = chunk.first + index
      if (failed ? this.#hooks.fail(element, value) : this.#hooks.finish(element, value)) received += 1
    }
    const future = pool.eagerCalls.runChunk(invocation, width, publish)
    this.#watch({ future, cancel: () => future.cancel() }, chunk, () => received)
  }

  #dispatch(chunk: Chunk, invocation: Invocation): void {
    const { pool, width, limits, caller } = this.#settings
    let received = 0
    const sent: { call?: Call } = {} // empty if the dispatch fails
    const onEvent = (message: WorkerMessage): void => {
      received += this.#settle(chunk.first + message.duration, message, sent.call?.span) // `duration` of an element is its index in the chunk
    }
    const elementIndex = chunk.count === 1 ? chunk.first : undefined
    const call = (sent.call = pool.dispatch(invocation, 0, limits, { chunk: width, elementIndex, onEvent, caller }))
    const cancel = (reason: unknown): boolean => pool.dispatcher.cancel(call, reason)
    this.#watch({ future: call.future, cancel }, chunk, () => received)
    const cancelled = this.#hooks.cancellation()
    if (cancelled) cancel(cancelled.cause) // a getter or hook of an argument has cancelled the map
  }

  /** @returns how many elements were not settled before */
  #settle(index: number, message: WorkerMessage, span: CallSpan | undefined): number {
    const { kind, data } = message
    if (kind === MessageKind.ElementRun) return this.#hooks.finishRun(index, data as unknown[])
    try {
      if (kind === MessageKind.ElementThrown) return this.#failElement(index, outcomeError(message, 'the body'), span)
      return Number(this.#hooks.finish(index, outcomeValue(message)))
    } catch (error) {
      return this.#failElement(index, error, span)
    }
  }

  #failElement(index: number, error: unknown, span: CallSpan | undefined): number {
    span?.elementFailed(error)
    return Number(this.#hooks.fail(index, error))
  }

  #watch(open: OpenChunk, chunk: Chunk, received: () => number): void {
    const { future } = open
    this.#open.add(open)
    future.markHandled()
    future.whenDone(() => {
      this.#open.delete(open)
      const { state, value } = future.peek()
      if (state !== 'finished') this.#endedEarly(chunk, received(), value)
      else if (received() < chunk.count) this.#sendRest(chunk, value as number)
      this.#hooks.settled()
    })
  }

  #endedEarly(chunk: Chunk, received: number, error: unknown): void {
    const { first, count } = chunk
    let left = 0
    while (left < count && !this.#hooks.isOpen(first + left)) left += 1
    if (left === count) return
    const expired = error instanceof ProcessExpired || error instanceof ThreadExpired
    const failed = expired ? left + 1 : count
    if (error instanceof PoolError) this.#hooks.refused(error)
    this.#failAll(first + left, first + failed, chunkError(error, chunk, received))
    this.#sendRest(chunk, failed)
  }

  #failAll(from: number, end: number, error: unknown): void {
    for (let index = from; index < end; index++) this.#hooks.fail(index, error)
  }

  /** Sends the elements from `from` on, which have not run, as a chunk of their own. After a cancellation they fail. */
  #sendRest({ first, count, args }: Chunk, from: number): void {
    const cancelled = this.#hooks.cancellation()
    if (cancelled) this.#failAll(first + from, first + count, cancelled)
    else if (from < count) {
      this.send({ first: first + from, count: count - from, args: args.slice(from * this.#settings.width) })
    }
  }

  /** A chunk cannot be sent: sends its elements one by one, so that only those fail that cannot be sent. */
  #unsendable({ first, count, args }: Chunk, error: unknown): void {
    const { width, caller } = this.#settings
    if (count === 1) {
      if (error instanceof PebbleError) atCaller(error, caller)
      this.#hooks.fail(first, error)
      return
    }
    for (let n = 0; n < count; n++) {
      this.send({ first: first + n, count: 1, args: args.slice(n * width, (n + 1) * width) })
    }
  }
}

/** The error of the elements of a chunk. If the limit of the chunk has passed, the error names its elements. */
function chunkError(error: unknown, { first, count }: Chunk, finished: number): unknown {
  if (!(error instanceof TimeoutError) || count === 1) return error
  const message =
    `Elements ${first} to ${first + count - 1} were one chunk, which was stopped after ${error.timeout} ms ` +
    `(limit \`timeout: ${error.timeout}\`); ${finished} of them had finished and keep their results.`
  return new TimeoutError(message, error.timeout, { cause: error })
}
