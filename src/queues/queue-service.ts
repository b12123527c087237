/**
 * QueueService: serves the queues in the program's own thread to workers.
 *
 * An item for a worker is a grant until the worker accepts it. If the worker exits before, or has given up meanwhile,
 * the item returns to the head of the queue. See `registry/services.ts`.
 */
import { PebbleError } from '../errors'
import { RequestService, type OwnerId, type ServedRequest } from '../registry/services'
import type { CancelWait, WaitHandler } from '../utils/limited-wait'
import type { LocalSource } from './local-source'
import { dropAllOf, dropQueue, holdQueue, queueOf, type QueueLike } from './queue-registry'
import type { QueueAnswer, QueueRequest, WaitRequest } from './remote-source'

type AdoptRequest = Extract<QueueRequest, { op: 'adopt' }>

export class QueueService extends RequestService<WaitRequest> {
  readonly #create: (id: string, maxSize: number) => QueueLike

  /** @param create makes and registers a queue of that id, unless it is known */
  constructor(create: (id: string, maxSize: number) => QueueLike) {
    super()
    this.#create = create
  }

  override handle(owner: OwnerId, body: unknown): unknown {
    const request = body as QueueRequest
    switch (request.op) {
      case 'done':
        return sourceOf(request.id).taskDone()
      case 'count':
        return sourceOf(request.id).size
      case 'hold':
        return holdQueue(owner, request.id, knownQueue(request.id))
      case 'drop':
        return dropQueue(owner, request.id)
      case 'adopt':
        return this.#adopt(owner, request)
      default:
        return super.handle(owner, body)
    }
  }

  override ownerExited(ended: OwnerId, below = true): void {
    super.ownerExited(ended, below)
    dropAllOf(ended, below)
  }

  protected start(request: WaitRequest, served: ServedRequest): void {
    const source = sourceOf(request.id)
    const answer = (done: boolean, item?: unknown): QueueAnswer => ({ done, item, size: source.size })
    const handler: WaitHandler<unknown> = {
      done: (item) => {
        if (request.op === 'get') served.grant(answer(true, item), () => source.giveBack(item))
        else served.answer(answer(true))
      },
      unavailable: () => served.answer(answer(false)),
      failed: (error) => served.fail(error),
    }
    const cancel = begin(source, request, handler)
    if (cancel) served.waits(() => cancel(() => handler.unavailable()))
  }

  #adopt(owner: OwnerId, { id, maxSize, items, unfinished }: AdoptRequest): void {
    const queue = this.#create(id, maxSize)
    const source = queue.source as LocalSource<unknown>
    holdQueue(owner, id, queue)
    source.takeOver(items, unfinished)
  }
}

function begin(
  source: LocalSource<unknown>,
  request: WaitRequest,
  handler: WaitHandler<unknown>,
): CancelWait | undefined {
  if (request.op === 'put') return source.put(request.item, handler, request.mayWait)
  return source[request.op](handler, request.mayWait)
}

function sourceOf(id: string): LocalSource<unknown> {
  return knownQueue(id).source as LocalSource<unknown>
}

function knownQueue(id: string): QueueLike {
  const queue = queueOf(id)
  if (queue) return queue
  throw new PebbleError(
    "The queue is gone: only this worker still referred to it when the program's own thread was asked.",
  )
}
