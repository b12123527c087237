/** A queue in a worker: asks the program's own thread, see `desk.ts`. */
import { PebbleError, SerializationError } from '../errors'
import { role } from '../registry/role'
import { shared } from '../registry/shared'
import { atCaller } from '../utils/user-frames'
import type { CancelWait, QueueSource, QueueWaiter } from './queue-source'

export const SERVICE = 'queue'

/** What workers ask. `number` names a wait among those of its worker. */
export type QueueRequest =
  | { readonly op: 'get' | 'join' | 'ready'; readonly id: string; readonly number: number; readonly patient: boolean }
  | {
      readonly op: 'put'
      readonly id: string
      readonly number: number
      readonly patient: boolean
      readonly item: unknown
    }
  | { readonly op: 'got' | 'cancel'; readonly number: number } // a get has arrived; a wait is over in any case
  | { readonly op: 'done' | 'count' | 'hold' | 'drop'; readonly id: string }
  | {
      readonly op: 'adopt' // a queue that was made in the worker
      readonly id: string
      readonly maxSize: number
      readonly unfinished: number
      readonly items: readonly unknown[]
    }

/** The answer to a wait. */
export interface QueueAnswer {
  /** False: in vain, or cancelled. */
  readonly done: boolean
  readonly item?: unknown
  readonly size: number
}

const numbers = shared('queues.numbers', () => ({ last: 0 }))

export class RemoteSource<T> implements QueueSource<T> {
  readonly id: string
  readonly maxSize: number
  #size: number
  #asking = false

  constructor(id: string, maxSize: number, size: number) {
    this.id = id
    this.maxSize = maxSize
    this.#size = size
  }

  /** What was last heard. Whoever looks has news asked for, so that looking again and again comes to see them. */
  get size(): number {
    if (!this.#asking) {
      this.#asking = true
      void this.count()
        .catch(() => undefined)
        .then(() => (this.#asking = false))
    }
    return this.#size
  }

  get(waiter: QueueWaiter<T>, patient: boolean): CancelWait {
    const number = nextNumber()
    let cancelled = false
    this.#ask({ op: 'get', id: this.id, number, patient }).then(
      ({ done, item }) => {
        if (cancelled) return // it is, or will be, at the head again
        if (done) tell({ op: 'got', number })
        if (done) waiter.done(item as T)
        else waiter.unavailable()
      },
      (error: unknown) => {
        tell({ op: 'cancel', number })
        waiter.failed(inTermsOfItem(error))
      },
    )
    return (refused) => {
      cancelled = true
      tell({ op: 'cancel', number })
      refused()
    }
  }

  put(item: T, waiter: QueueWaiter<void>, patient: boolean): CancelWait {
    const number = nextNumber()
    return this.#wait({ op: 'put', id: this.id, number, patient, item }, waiter)
  }

  join(waiter: QueueWaiter<void>, patient: boolean): CancelWait {
    return this.#wait({ op: 'join', id: this.id, number: nextNumber(), patient }, waiter)
  }

  ready(waiter: QueueWaiter<void>, patient: boolean): CancelWait {
    return this.#wait({ op: 'ready', id: this.id, number: nextNumber(), patient }, waiter)
  }

  getNowait(): T {
    throw notHere('getNowait()', 'get({ timeout: 0 })')
  }

  putNowait(): void {
    throw notHere('putNowait()', 'put(item, { timeout: 0 })')
  }

  /** Nobody awaits it: an error is the running call's, as any that no promise carries. */
  taskDone(): void {
    void this.#request({ op: 'done', id: this.id })
  }

  async count(): Promise<number> {
    const size = (await this.#request({ op: 'count', id: this.id })) as number
    return (this.#size = size)
  }

  /** A wait that is cancelled is over when the program's thread has said how it ended. */
  #wait(request: QueueRequest & { number: number }, waiter: QueueWaiter<void>): CancelWait {
    let refused: (() => void) | undefined
    this.#ask(request).then(
      ({ done }) => {
        if (done) waiter.done()
        else if (refused) refused()
        else waiter.unavailable()
      },
      (error: unknown) => waiter.failed(inTermsOfItem(error)),
    )
    return (then) => {
      refused = then
      tell({ op: 'cancel', number: request.number })
    }
  }

  async #ask(request: QueueRequest): Promise<QueueAnswer> {
    const answer = (await this.#request(request)) as QueueAnswer
    this.#size = answer.size
    return answer
  }

  #request(request: QueueRequest): Promise<unknown> {
    return role.worker?.request(SERVICE, request) ?? Promise.reject(new Error('no worker'))
  }
}

/** Asks for nothing back. */
export function tell(request: QueueRequest): void {
  role.worker?.tell(SERVICE, request)
}

const nextNumber = (): number => (numbers.last += 1)

function notHere(method: string, instead: string): PebbleError {
  return new PebbleError(
    `queue.${method} cannot work in a worker: the items are in the program's own thread. Use \`await queue.${instead}\`.`,
  )
}

/** The user knows nothing of the message around it. */
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
