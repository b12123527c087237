/**
 * Chunks become calls, and what becomes of a call becomes what becomes of its elements.
 *
 * A chunk that ends early (a limit, a dead worker, a stray error) keeps the elements that were done. What was running when
 * its worker died fails with that; what had not started is run again, as a chunk of its own.
 */
import { PebbleError, PoolError, ProcessExpired, ThreadExpired, type CancelledError } from '../../errors'
import type { CallerStack } from '../../dispatch/caller-stack'
import { outcomeError, outcomeValue } from '../../dispatch/outcomes'
import type { Future } from '../../futures/future'
import type { Context } from '../../utils/async-context'
import { atCaller } from '../../utils/user-frames'
import { MessageKind, type WorkerMessage } from '../../wire/messages'
import { isEager } from '../eager'
import type { Pool } from '../pool'
import type { Schedulable } from '../schedulable'
import { submitTo, type BodyRequest } from '../submit-to'
import { limitOfChunk } from './chunk-errors'
import type { MapOptions } from './map-options'
import type { Element } from './results'

/** Options of calls that no decorator made. */
const CHUNK = { flavour: 'concurrent', state: 'snapshot' } as const

export interface Chunk {
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

/** What every chunk of a map is sent with. */
export interface ChunkSettings {
  readonly pool: Pool
  readonly what: Schedulable
  /** Arguments of one element. */
  readonly width: number
  readonly options: MapOptions
  readonly caller: CallerStack
  /** That of the call of `map`: hooks of `@serializable` classes may run. */
  readonly context: Context
}

interface SenderHooks {
  /** @returns whether the element was open */
  finish(element: Element, state: 'done' | 'failed', value: unknown): boolean
  /** The pool takes no more. */
  refused(error: PoolError): void
  /** A chunk has settled. */
  settled(): void
  /** Why nothing is sent any more. */
  cancellation(): CancelledError | undefined
}

export class ChunkSender {
  readonly #settings: ChunkSettings
  readonly #hooks: SenderHooks
  readonly #open = new Set<OpenChunk>()

  constructor(settings: ChunkSettings, hooks: SenderHooks) {
    this.#settings = settings
    this.#hooks = hooks
  }

  /** Chunks that are with the pool. */
  get size(): number {
    return this.#open.size
  }

  get futures(): readonly Future<unknown>[] {
    return [...this.#open].map((chunk) => chunk.future)
  }

  /** @param alsoRunning whether the chunks that run are stopped */
  cancel(reason: unknown, alsoRunning: boolean): void {
    for (const chunk of [...this.#open]) if (alsoRunning || !chunk.future.running()) chunk.cancel(reason)
  }

  send(chunk: Chunk): void {
    this.#settings.context.run(() => this.#trySend(chunk))
  }

  #trySend(chunk: Chunk): void {
    const { what, width } = this.#settings
    const { registration, self } = what
    const request = { registration, self, args: chunk.args as unknown[], options: CHUNK }
    try {
      if (isEager()) this.#runHere(chunk, request, width)
      else this.#submit(chunk, request, width)
    } catch (error) {
      this.#unsendable(chunk, error)
    }
  }

  #runHere(chunk: Chunk, request: BodyRequest, width: number): void {
    let received = 0
    const publish = (index: number, failed: boolean, value: unknown): void => {
      const element = chunk.elements[index] as Element
      if (this.#hooks.finish(element, failed ? 'failed' : 'done', value)) received += 1
    }
    const future = this.#settings.pool.here.runChunk(request, width, publish)
    this.#watch({ future, cancel: () => future.cancel() }, chunk, () => received)
  }

  #submit(chunk: Chunk, request: BodyRequest, width: number): void {
    const { pool, options, caller } = this.#settings
    const { timeout, grace, priority } = options
    let received = 0
    const onEvent = (message: WorkerMessage): void => {
      const element = chunk.elements[message.duration]
      if (element && this.#settle(element, message)) received += 1
    }
    const item = chunk.elements.length === 1 ? chunk.first : undefined
    const call = submitTo(pool, request, 0, { timeout, grace, priority }, { chunk: width, item, onEvent, caller })
    const cancel = (reason: unknown): boolean => pool.dispatcher.cancel(call, reason)
    this.#watch({ future: call.future, cancel }, chunk, () => received)
  }

  #settle(element: Element, message: WorkerMessage): boolean {
    const failed = message.kind === MessageKind.ElementThrown
    let value: unknown
    try {
      value = failed ? outcomeError(message, 'the body') : outcomeValue(message)
    } catch (error) {
      return this.#hooks.finish(element, 'failed', error)
    }
    return this.#hooks.finish(element, failed ? 'failed' : 'done', value)
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
      this.#hooks.settled()
    })
  }

  /** What was done is kept. */
  #endedEarly(chunk: Chunk, received: number, error: unknown): void {
    const left = chunk.elements.findIndex((element) => element.state === 'open')
    if (left < 0) return
    const expired = error instanceof ProcessExpired || error instanceof ThreadExpired
    const failed = expired ? left + 1 : chunk.elements.length
    if (error instanceof PoolError) this.#hooks.refused(error)
    const shown = limitOfChunk(error, chunk.first, chunk.elements.length, received)
    for (const element of chunk.elements.slice(left, failed)) this.#hooks.finish(element, 'failed', shown)
    this.#sendRest(chunk, failed)
  }

  /** The elements of a chunk from that one on have not run: they become a chunk of their own, unless nobody wants them. */
  #sendRest({ elements, args, first }: Chunk, from: number): void {
    const rest = elements.slice(from)
    const cancelled = this.#hooks.cancellation()
    if (cancelled) for (const element of rest) this.#hooks.finish(element, 'failed', cancelled)
    else if (rest.length > 0) {
      this.send({ elements: rest, args: args.slice(from * this.#settings.width), first: first + from })
    }
  }

  /** A chunk that cannot be sent: its elements are tried one by one, so that only the guilty fail. */
  #unsendable(chunk: Chunk, error: unknown): void {
    const { width, caller } = this.#settings
    const [only] = chunk.elements
    if (chunk.elements.length === 1) {
      if (error instanceof PebbleError) atCaller(error, caller)
      this.#hooks.finish(only as Element, 'failed', error)
      return
    }
    chunk.elements.forEach((element, index) => {
      const args = chunk.args.slice(index * width, (index + 1) * width)
      this.send({ elements: [element], args, first: chunk.first + index })
    })
  }
}
