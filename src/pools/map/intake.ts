import { type Context } from '../../utils/async-context'
import { setImmediate } from '../../utils/clock'
import type { Chunk } from './chunk-sender'
import type { Element } from './results'
import type { Sources } from './sources'

/** Elements that are taken before the event loop gets its turn: iterables may be endless, and chunks large. */
const TURN = 4096

interface IntakeHooks {
  hasRoom(): boolean
  /** An element was taken. */
  add(): Element
  send(chunk: Chunk): void
  /** An iterable threw. */
  failed(error: unknown): void
  /** No more is taken for now. */
  paused(): void
}

/** Takes elements from the iterables while there is room for them, and makes chunks of them. */
export class Intake {
  readonly #sources: Sources
  readonly #chunkSize: number
  readonly #hooks: IntakeHooks
  /** That of the call of `map`: code of the iterables runs in it, whoever reads a result or ends a chunk. */
  readonly #context: Context
  /** Elements of a chunk that is not full yet, and their arguments. */
  #elements: Element[] = []
  #args: unknown[] = []
  #isBusy = false
  #left = 0
  #taken = 0
  #isOver = false

  constructor(sources: Sources, chunkSize: number, context: Context, hooks: IntakeHooks) {
    this.#sources = sources
    this.#chunkSize = chunkSize
    this.#context = context
    this.#hooks = hooks
  }

  get taken(): number {
    return this.#taken
  }

  /** How many elements there are, where that is known. */
  get total(): number | undefined {
    return this.#isOver ? this.#taken : this.#sources.total
  }

  /** Nothing more will be taken. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Takes what there is room for. Asynchronous iterables are waited for, one element at a time. */
  take(): void {
    if (this.#isBusy || this.#isOver) return
    this.#isBusy = true
    this.#left = TURN
    this.#context.run(() => this.#takeNow())
  }

  /** Takes no more. @returns the elements that were taken and not sent */
  stop(): readonly Element[] {
    const unsent = this.#elements
    this.#elements = []
    this.#args = []
    this.#end()
    return unsent
  }

  /** Takes no more; what was taken is sent. */
  finish(): void {
    this.#send()
    this.#end()
  }

  #takeNow(): void {
    try {
      while (this.#wantsMore()) {
        if (this.#left-- === 0) return void setImmediate(() => this.#resume())
        const step = this.#sources.next()
        if (step instanceof Promise) return void this.#await(step)
        this.#add(step)
      }
    } catch (error) {
      this.#fail(error)
    }
    this.#isBusy = false
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
    this.#isBusy = false
    if (this.#isOver) this.#hooks.paused()
    else this.take()
  }

  /** A chunk that was begun is filled. */
  #wantsMore(): boolean {
    return !this.#isOver && (this.#elements.length > 0 || this.#hooks.hasRoom())
  }

  #add(step: IteratorResult<unknown[]>): void {
    if (this.#isOver) return // stopped meanwhile
    if (step.done) {
      this.#end() // also iterables that are longer than the shortest
      this.#send()
      return
    }
    this.#taken += 1
    for (const arg of step.value) this.#args.push(arg)
    this.#elements.push(this.#hooks.add())
    if (this.#elements.length === this.#chunkSize) this.#send()
  }

  /** What came before the failure counts. */
  #fail(error: unknown): void {
    if (this.#isOver) return
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
    this.#isOver = true
    this.#context.run(() => this.#sources.close())
  }
}
