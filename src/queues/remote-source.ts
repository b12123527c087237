/** A queue in a worker: it asks the QueueService in the program's own thread. */
import { PebbleError, SerializationError } from '../errors'
import { askService, RemoteRequest, tellService } from '../registry/services'
import type { CancelWait, WaitHandler } from '../utils/limited-wait'
import { atCaller } from '../utils/user-frames'
import type { QueueSource } from './queue-source'

export const QUEUE_SERVICE = 'queue'

/** A request that may wait. The answer is a {@link QueueAnswer}. */
export type WaitRequest =
  | { readonly op: 'get' | 'join' | 'ready'; readonly id: string; readonly mayWait: boolean }
  | { readonly op: 'put'; readonly id: string; readonly mayWait: boolean; readonly item: unknown }

/** All that workers ask for. */
export type QueueRequest =
  | WaitRequest
  | { readonly op: 'done' | 'count' | 'hold' | 'drop'; readonly id: string }
  | {
      readonly op: 'adopt' // a queue that was made in the worker
      readonly id: string
      readonly maxSize: number
      readonly unfinished: number
      readonly items: readonly unknown[]
    }

export interface QueueAnswer {
  /** False if the wait was in vain, or was cancelled. */
  readonly done: boolean
  readonly item?: unknown
  readonly size: number
}

export class RemoteSource<T> implements QueueSource<T> {
  readonly id: string
  readonly maxSize: number
  #size: number
  #isCounting = false

  constructor(id: string, maxSize: number, size: number) {
    this.id = id
    this.maxSize = maxSize
    this.#size = size
  }

  /** The last known size. Reading it asks for an update, so that a loop that reads it sees changes. */
  get size(): number {
    if (!this.#isCounting) {
      this.#isCounting = true
      void this.count()
        .catch(() => undefined)
        .then(() => (this.#isCounting = false))
    }
    return this.#size
  }

  get(handler: WaitHandler<T>, mayWait: boolean): CancelWait {
    const request = this.#request({ op: 'get', id: this.id, mayWait })
    let state: 'waiting' | 'accepted' | 'cancelled' = 'waiting'
    request.answer.then(
      ({ done, item, size }) => {
        this.#size = size
        if (state === 'cancelled') return // the service returns the item to the queue
        if (!done) {
          handler.unavailable()
          return
        }
        state = 'accepted'
        const confirmed = request.accept()
        if (!confirmed) handler.done(item as T)
        else
          confirmed.then(
            () => handler.done(item as T),
            (error: unknown) => handler.failed(error),
          )
      },
      (error: unknown) => {
        request.end() // the item could not be decoded
        handler.failed(inTermsOfItem(error))
      },
    )
    return (refused) => {
      if (state === 'accepted') return // the item is this worker's, and is about to be delivered
      state = 'cancelled'
      request.end()
      refused()
    }
  }

  put(item: T, handler: WaitHandler<void>, mayWait: boolean): CancelWait {
    return this.#wait({ op: 'put', id: this.id, mayWait, item }, handler)
  }

  join(handler: WaitHandler<void>, mayWait: boolean): CancelWait {
    return this.#wait({ op: 'join', id: this.id, mayWait }, handler)
  }

  ready(handler: WaitHandler<void>, mayWait: boolean): CancelWait {
    return this.#wait({ op: 'ready', id: this.id, mayWait }, handler)
  }

  getNowait(): T {
    throw notHere('getNowait()', 'get({ timeout: 0 })')
  }

  putNowait(): void {
    throw notHere('putNowait()', 'put(item, { timeout: 0 })')
  }

  /** The promise is dropped. So an error fails the running call, as any unhandled rejection does. */
  taskDone(): void {
    void askService(QUEUE_SERVICE, { op: 'done', id: this.id } satisfies QueueRequest)
  }

  async count(): Promise<number> {
    const size = await askService(QUEUE_SERVICE, { op: 'count', id: this.id } satisfies QueueRequest)
    return (this.#size = size as number)
  }

  /** If the wait is cancelled, the answer tells how it ended. */
  #wait(body: WaitRequest, handler: WaitHandler<void>): CancelWait {
    const request = this.#request(body)
    let cancelled: (() => void) | undefined
    request.answer.then(
      ({ done, size }) => {
        this.#size = size
        if (done) handler.done()
        else if (cancelled) cancelled()
        else handler.unavailable()
      },
      (error: unknown) => handler.failed(inTermsOfItem(error)),
    )
    return (refused) => {
      cancelled = refused
      request.end()
    }
  }

  #request(body: WaitRequest): RemoteRequest<QueueAnswer> {
    return new RemoteRequest(QUEUE_SERVICE, body)
  }
}

export function tellQueueService(request: QueueRequest): void {
  tellService(QUEUE_SERVICE, request)
}

function notHere(method: string, instead: string): PebbleError {
  return new PebbleError(
    `queue.${method} cannot work in a worker: the items are in the program's own thread. Use \`await queue.${instead}\`.`,
  )
}

/** Replaces the path of the value in the message between the threads, which the user does not know, by `item`. */
function inTermsOfItem(error: unknown): unknown {
  if (!(error instanceof SerializationError)) return error
  const around = /^(?:request\[1\]|response)\.item/
  const path = error.path.replace(around, 'item')
  if (path === error.path) return error
  const message = error.message.replace(`\`${error.path}\``, `\`${path}\``)
  const renamed = new SerializationError(message, path, { cause: error.cause })
  atCaller(renamed, error as { stack: string })
  return renamed
}
