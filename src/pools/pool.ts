import { availableParallelism } from 'node:os'
import type { ProcessContext, ResourceLimits } from '../channel/channel'
import { openChannel } from '../channel/open-channel'
import { Dispatcher } from '../dispatch/dispatcher'
import { PoolError } from '../errors'
import { idBase } from '../futures/task-id'
import { workerEnvironment } from '../registry/environment'

/** What both kinds of pool take; durations in ms. */
export interface PoolOptions {
  /** Workers at the most; default `os.availableParallelism()`. They start as they are needed. Pebble's `max_workers`. */
  maxWorkers?: number
  /** Calls after which a worker is replaced; default 0: never. Pebble's `max_tasks`. */
  maxTasks?: number
  /** For messages. */
  name?: string
  /** Bodies that run in one worker at once: for asynchronous ones; default 1. */
  concurrency?: number
  /** ms without a call after which a worker ends; default: never. */
  idleTimeout?: number
  /** Limits of V8 in each worker, in MB. */
  resourceLimits?: ResourceLimits
}

export interface ProcessPoolOptions extends PoolOptions {
  /** How the processes are started. */
  context?: ProcessContext
}

type PoolState = 'running' | 'closed' | 'stopped'

/** What thread pools and process pools have in common. */
export class Pool {
  readonly kind: 'thread' | 'process'
  readonly name: string
  /** @internal */
  readonly dispatcher: Dispatcher
  #state: PoolState = 'running'

  constructor(kind: 'thread' | 'process', options: ProcessPoolOptions) {
    this.kind = kind
    this.name = options.name ?? `${kind} pool`
    const concurrency = options.concurrency ?? 1
    this.dispatcher = new Dispatcher({
      maxWorkers: options.maxWorkers ?? availableParallelism(),
      maxTasks: options.maxTasks ?? 0,
      idleTimeout: options.idleTimeout ?? Infinity,
      concurrency,
      open: listener =>
        openChannel(kind, listener, {
          settings: { idBase: idBase(), kind, concurrency, environment: workerEnvironment() },
          resourceLimits: options.resourceLimits,
          context: options.context,
        }),
    })
  }

  /** @internal */
  assertOpen(): void {
    if (this.#state === 'running') return
    throw new PoolError(
      `Cannot schedule on a ${this.#state} pool. Create a new pool, or schedule before ${this.#state === 'closed' ? 'close' : 'stop'}().`,
    )
  }

  /** Ends every worker that has nothing to do; the others once they have. @internal */
  retire(): void {
    this.dispatcher.retireAll()
  }

  /** Takes no more calls, and ends the workers once all have been done. */
  close(): void {
    if (this.#state === 'running') this.#state = 'closed'
  }

  /** Takes no more calls and drops those that wait. A process pool stops those that run, a thread pool finishes them. */
  stop(): void {
    this.#state = 'stopped'
    this.dispatcher.cancelAll(this.kind === 'process')
  }

  /** Resolves once every call has settled and every worker is gone. @internal */
  async ended(): Promise<void> {
    await this.dispatcher.ledger.whenEmpty()
    this.dispatcher.retireAll()
    await this.dispatcher.crew.whenGone()
  }
}
