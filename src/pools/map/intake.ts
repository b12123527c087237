/** Takes the elements of a map from its iterables, and makes chunks of them. */
import type { Context } from '../../utils/async-context'
import { monotonic, setImmediate } from '../../utils/clock'
import type { Chunk } from './chunk-sender'
import type { Iterables } from './map-arguments'

/** How long elements are taken in one turn of the event loop, in ms: iterables may be endless, and chunks large. */
const PER_TURN = 5
/** The clock is read once per this many elements. */
const CLOCK_EVERY = 1024

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
  /** Elements were taken. */
  add(count: number): void
  send(chunk: Chunk): void
  /** An iterable threw. */
  failed(error: unknown): void
  /** Taking has paused, or is over. */
  paused(): void
}

/** Takes elements from the iterables of a map while there is room for them, and groups them into chunks. */
export class Intake {
  readonly #iterables: Iterables
  readonly #chunkSize: number
  readonly #hooks: IntakeHooks
  /** The context of the call of `map`. The code of the iterables runs in it, whichever event makes room. */
  readonly #context: Context
  #state = IntakeState.Idle
  /** The number of elements of the chunk that is being filled, and their arguments. */
  #count = 0
  #args: unknown[] = []
  #turnBegan = 0
  #taken = 0

  constructor(iterables: Iterables, chunkSize: number, context: Context, hooks: IntakeHooks) {
    this.#iterables = iterables
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
    return this.isOver ? this.#taken : this.#iterables.total
  }

  get isOver(): boolean {
    return this.#state === IntakeState.Over
  }

  /** Takes elements while there is room. Asynchronous iterables are awaited, one element at a time. */
  take(): void {
    if (this.#state !== IntakeState.Idle || !this.#wantsMore()) return
    this.#state = IntakeState.Taking
    this.#turnBegan = monotonic()
    this.#context.run(() => this.#takeNow())
  }

  /**
   * Stops taking elements and drops the unfinished chunk.
   *
   * @returns how many elements were dropped: the last ones that were taken
   */
  stop(): number {
    const unsent = this.#count
    this.#count = 0
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
        if (this.#isTurnOver()) return void setImmediate(() => this.#resume())
        if (this.#takeRun()) continue
        const step = this.#iterables.next()
        if (step instanceof Promise) return void this.#await(step)
        this.#add(step)
      }
    } catch (error) {
      this.#fail(error)
    }
    if (!this.isOver) this.#state = IntakeState.Idle
    this.#hooks.paused()
  }

  /** Takes what an array has for the chunk, up to the next look at the clock. `false`: there is nothing, or it is no array. */
  #takeRun(): boolean {
    if (!this.#iterables.isArray) return false
    const args = this.#args
    const before = args.length
    const room = Math.min(this.#chunkSize - this.#count, CLOCK_EVERY - 1 - (this.#taken % CLOCK_EVERY))
    try {
      this.#iterables.takeRun(args, room)
    } finally {
      if (!this.isOver) this.#added(args.length - before) // a getter may have stopped the map
    }
    return args.length > before
  }

  #isTurnOver(): boolean {
    return this.#taken % CLOCK_EVERY === CLOCK_EVERY - 1 && monotonic() - this.#turnBegan > PER_TURN
  }

  async #await(step: Promise<IteratorResult<unknown>>): Promise<void> {
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

  /** A chunk that has elements is filled up, whether there is room or not. */
  #wantsMore(): boolean {
    return !this.isOver && (this.#count > 0 || this.#hooks.hasRoom())
  }

  #add(step: IteratorResult<unknown>): void {
    if (this.isOver) return // stopped while the element was awaited
    if (step.done) {
      this.#end() // closes the longer iterables too
      this.#send()
      return
    }
    if (this.#iterables.width === 1) this.#args.push(step.value)
    else for (const arg of step.value as unknown[]) this.#args.push(arg)
    this.#added(1)
  }

  #added(count: number): void {
    this.#taken += count
    this.#hooks.add(count)
    this.#count += count
    if (this.#count === this.#chunkSize) this.#send()
  }

  /** The elements before the failure are sent. */
  #fail(error: unknown): void {
    if (this.isOver) return
    this.finish()
    this.#hooks.failed(error)
  }

  #send(): void {
    const count = this.#count
    if (count === 0) return
    const args = this.#args
    this.#count = 0
    this.#args = []
    this.#hooks.send({ first: this.#taken - count, count, args })
  }

  #end(): void {
    this.#state = IntakeState.Over
    this.#context.run(() => this.#iterables.close())
  }
}
