/** Elements of the iterables of a map become chunks. */
import type { Context } from '../../utils/async-context'
import { setImmediate } from '../../utils/clock'
import type { Chunk } from './chunk-sender'
import type { Element } from './results'
import type { Sources } from './sources'

/** The most elements taken before the event loop gets its turn: iterables may be endless, and chunks large. */
const PER_TURN = 4096

/**
 *   Idle ◄──► Taking      Taking: in the loop of one turn, or waiting for the next turn or for an asynchronous element
 *     └─► Over ◄─┘        Over: the iterables have ended or were closed; nothing more is taken
 */
const enum IntakeState {
  Idle,
  Taking,
  Over,
}

interface IntakeHooks {
  hasRoom(): boolean
  /** An element was taken. */
  add(): Element
  send(chunk: Chunk): void
  /** An iterable threw. */
  failed(error: unknown): void
  /** Taking has paused, or is over. */
  paused(): void
}

/** Takes elements from the iterables of a map while there is room for them, and groups them into chunks. */
export class Intake {
  readonly #sources: Sources
  readonly #chunkSize: number
  readonly #hooks: IntakeHooks
  /** The context of the call of `map`: the code of the iterables runs in it, whatever event makes room. */
  readonly #context: Context
  #state = IntakeState.Idle
  /** The elements of the unfinished chunk, and their arguments. */
  #elements: Element[] = []
  #args: unknown[] = []
  #leftInTurn = 0
  #taken = 0

  constructor(sources: Sources, chunkSize: number, context: Context, hooks: IntakeHooks) {
    this.#sources = sources
    this.#chunkSize = chunkSize
    this.#context = context
    this.#hooks = hooks
  }

  /** Number of elements taken so far. */
  get taken(): number {
    return this.#taken
  }

  /** Number of all elements, if it is known. */
  get total(): number | undefined {
    return this.isOver ? this.#taken : this.#sources.total
  }

  get isOver(): boolean {
    return this.#state === IntakeState.Over
  }

  /** Takes elements while there is room. Asynchronous iterables are awaited, one element at a time. */
  take(): void {
    if (this.#state !== IntakeState.Idle) return
    this.#state = IntakeState.Taking
    this.#leftInTurn = PER_TURN
    this.#context.run(() => this.#takeNow())
  }

  /**
   * Stops taking elements and drops the unfinished chunk.
   *
   * @returns the dropped elements
   */
  stop(): readonly Element[] {
    const unsent = this.#elements
    this.#elements = []
    this.#args = []
    this.#end()
    return unsent
  }

  /** Stops taking elements and sends the unfinished chunk. */
  finish(): void {
    this.#send()
    this.#end()
  }

  #takeNow(): void {
    try {
      while (this.#wantsMore()) {
        if (this.#leftInTurn-- === 0) return void setImmediate(() => this.#resume())
        const step = this.#sources.next()
        if (step instanceof Promise) return void this.#await(step)
        this.#add(step)
      }
    } catch (error) {
      this.#fail(error)
    }
    if (!this.isOver) this.#state = IntakeState.Idle
    this.#hooks.paused()
  }

  async #await(step: Promise<IteratorResult<unknown[]>>): Promise<void> {
    try {
      this.#add(await step)
    } catch (error) {
      this.#fail(error)
    }
    this.#resume()
  }

  #resume(): void {
    if (this.isOver) {
      this.#hooks.paused()
      return
    }
    this.#state = IntakeState.Idle
    this.take()
  }

  /** A chunk that has elements is filled, whether there is room or not. */
  #wantsMore(): boolean {
    return !this.isOver && (this.#elements.length > 0 || this.#hooks.hasRoom())
  }

  #add(step: IteratorResult<unknown[]>): void {
    if (this.isOver) return // stopped while the element was awaited
    if (step.done) {
      this.#end() // closes the longer iterables too
      this.#send()
      return
    }
    this.#taken += 1
    for (const arg of step.value) this.#args.push(arg)
    this.#elements.push(this.#hooks.add())
    if (this.#elements.length === this.#chunkSize) this.#send()
  }

  /** The elements before the failure are sent. */
  #fail(error: unknown): void {
    if (this.isOver) return
    this.finish()
    this.#hooks.failed(error)
  }

  #send(): void {
    const elements = this.#elements
    if (elements.length === 0) return
    const args = this.#args
    this.#elements = []
    this.#args = []
    this.#hooks.send({ elements, args, first: this.#taken - elements.length })
  }

  #end(): void {
    this.#state = IntakeState.Over
    this.#context.run(() => this.#sources.close())
  }
}
