/** Eager mode: bodies run in the calling thread, and no worker starts. For unit tests whose mocks a worker would not see. */
import { brokenPoolError, initializerFailure } from '../dispatch/call-errors'
import type { Future } from '../futures/future'
import { taskHere } from '../registry/current-task'
import { onAbort } from '../utils/on-abort'
import type { PoolOptions } from './pool-options'
import { runInline, type InlineBody } from './run-inline'
import { schedulable, type Invocation } from './schedulable'
import { settings } from './settings'

let environment: boolean | undefined

/** Whether calls made now run in the calling thread. */
export function isEager(): boolean {
  return settings.eager ?? environment ?? readEnvironment()
}

/** Reading a variable takes 200 ns, a tenth of a call, so its value is kept until the current microtasks have run. */
function readEnvironment(): boolean {
  environment = process.env.PEBBLE_EAGER === '1'
  void Promise.resolve().then(() => (environment = undefined))
  return environment
}

/** Receives the outcome of one element of a chunk. */
type Publish = (index: number, failed: boolean, value: unknown) => void

/** The calls of one pool that run in the calling thread. */
export class EagerCalls {
  readonly #kind: 'thread' | 'process'
  readonly #options: PoolOptions
  readonly #running = new Set<Future<unknown>>()
  readonly #counter = { count: 0 }
  #initialized: Promise<unknown> | undefined
  /** What the initializer returned. */
  #workerData: unknown

  constructor(kind: 'thread' | 'process', options: PoolOptions) {
    this.#kind = kind
    this.#options = options
  }

  /** Runs a body. Aborting `signal` cancels the call. */
  run(invocation: Invocation, signal?: AbortSignal): Future<unknown> {
    const { registration, self, args } = invocation
    const future = this.#start(invocation, () => Reflect.apply(registration.original, self, args))
    if (signal) future.addDoneCallback(onAbort(signal, () => void future.cancel()))
    return future
  }

  /** Runs a chunk, element by element, with `width` arguments each. The future resolves to the number of elements. */
  runChunk(invocation: Invocation, width: number, publish: Publish): Future<unknown> {
    const { registration, self, args } = invocation
    const count = args.length / width
    return this.#start(invocation, async (span) => {
      for (let index = 0; index < count && taskHere()?.signal.aborted !== true; index++) {
        try {
          const own = args.slice(index * width, (index + 1) * width)
          publish(index, false, await Reflect.apply(registration.original, self, own))
        } catch (error) {
          span?.elementFailed(error)
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

  #start(invocation: Invocation, body: InlineBody): Future<unknown> {
    const options = { ...invocation.options, kind: this.#kind }
    const run: InlineBody = this.#options.initializer ? (span) => this.#initialize().then(() => body(span)) : body
    const inline = {
      ...invocation,
      options,
      callbacks: undefined,
      counter: this.#counter,
      workerData: () => this.#workerData,
    }
    const future = runInline(inline, run)
    this.#running.add(future)
    future.addDoneCallback(() => this.#running.delete(future))
    return future
  }

  /** Runs the initializer once, before the first call, since there are no workers to run it in. */
  #initialize(): Promise<unknown> {
    return (this.#initialized ??= this.#callInitializer().catch((error: unknown) => {
      throw brokenPoolError(initializerFailure(error, schedulable(this.#options.initializer).registration.label))
    }))
  }

  async #callInitializer(): Promise<void> {
    const { initializer, initArgs = [] } = this.#options
    const { registration, self } = schedulable(initializer)
    this.#workerData = await Reflect.apply(registration.original, self, initArgs)
  }
}
