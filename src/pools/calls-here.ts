/** The calls of one pool in eager mode: they run in the calling thread, and no worker starts. */
import { brokenPoolError, initializerFailure } from '../dispatch/call-errors'
import type { Future } from '../futures/future'
import { taskHere } from '../registry/current-task'
import { onAbort } from '../utils/on-abort'
import type { PoolOptions } from './pool-options'
import { runInline } from './run-inline'
import { schedulable } from './schedulable'
import type { BodyRequest } from './submit-to'

/** What became of one element of a chunk. */
type Publish = (index: number, failed: boolean, value: unknown) => void

export class CallsHere {
  readonly #kind: 'thread' | 'process'
  readonly #options: PoolOptions
  readonly #running = new Set<Future<unknown>>()
  readonly #counter = { count: 0 }
  #initialized: Promise<unknown> | undefined

  constructor(kind: 'thread' | 'process', options: PoolOptions) {
    this.#kind = kind
    this.#options = options
  }

  /** Aborting `signal` cancels the call. */
  run(request: BodyRequest, signal?: AbortSignal): Future<unknown> {
    const { registration, self, args } = request
    const future = this.#start(request, () => Reflect.apply(registration.original, self, args))
    if (signal) future.addDoneCallback(onAbort(signal, () => void future.cancel()))
    return future
  }

  /** One element after the other, `width` arguments each; resolves to their number. */
  runChunk(request: BodyRequest, width: number, publish: Publish): Future<unknown> {
    const { registration, self, args } = request
    const count = args.length / width
    return this.#start(request, async () => {
      for (let index = 0; index < count && taskHere()?.signal.aborted !== true; index++) {
        try {
          publish(
            index,
            false,
            await Reflect.apply(registration.original, self, args.slice(index * width, (index + 1) * width)),
          )
        } catch (error) {
          publish(index, true, error)
        }
      }
      return count
    })
  }

  cancel(): void {
    for (const future of [...this.#running]) future.cancel()
  }

  /** Resolves when all calls are settled. */
  async whenDone(): Promise<void> {
    for (const future of this.#running) await new Promise<void>((resolve) => future.addDoneCallback(() => resolve()))
  }

  #start(request: BodyRequest, body: () => unknown): Future<unknown> {
    const options = { ...request.options, kind: this.#kind }
    const run = this.#options.initializer ? () => this.#initialize().then(body) : body
    const future = runInline({ ...request, options, callbacks: undefined, counter: this.#counter }, run)
    this.#running.add(future)
    future.addDoneCallback(() => this.#running.delete(future))
    return future
  }

  /** The initializer runs once, before the first call, and not once per worker. */
  #initialize(): Promise<unknown> {
    return (this.#initialized ??= this.#callInitializer().catch((error: unknown) => {
      throw brokenPoolError(initializerFailure(error, schedulable(this.#options.initializer).registration.label))
    }))
  }

  async #callInitializer(): Promise<void> {
    const { initializer, initArgs = [] } = this.#options
    const { registration, self } = schedulable(initializer)
    await Reflect.apply(registration.original, self, initArgs)
  }
}
