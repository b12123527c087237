/**
 * The queues' desk in the program's own thread, for workers.
 *
 * An item that was handed to a worker is remembered until the worker says that it has got it: when it dies before, or
 * has given up meanwhile, the item goes back to the head. When a worker ends, its waits end.
 */
import { PebbleError } from '../errors'
import { isBelow, type OwnerId, type Service } from '../registry/services'
import { dropQueue, dropAllOf, holdQueue, queueOf, type QueueLike } from './queue-registry'
import type { QueueAnswer, QueueRequest } from './remote-source'
import type { CancelWait, QueueWaiter } from './queue-source'
import { type LocalSource } from './local-source'

type WaitRequest = Extract<QueueRequest, { patient: boolean }>
type AdoptRequest = Extract<QueueRequest, { op: 'adopt' }>

/** A wait of a worker: how to take back what there is of it. */
type Undo = () => void

export class QueueService implements Service {
  readonly #waits = new Map<OwnerId, Map<number, Undo>>()
  readonly #create: (id: string, maxSize: number) => QueueLike

  /** @param create - Makes a queue of that id known, where there is none. */
  constructor(create: (id: string, maxSize: number) => QueueLike) {
    this.#create = create
  }

  /** How many waits, and items on their way, there are; for specs. */
  get waiting(): number {
    return [...this.#waits.values()].reduce((sum, waits) => sum + waits.size, 0)
  }

  handle(owner: OwnerId, body: unknown): unknown {
    const request = body as QueueRequest
    switch (request.op) {
      case 'got':
        return this.#forget(owner, request.number)
      case 'cancel':
        return this.#undo(owner, request.number)
      case 'done':
        return storeOf(request.id).taskDone()
      case 'count':
        return storeOf(request.id).size
      case 'hold':
        return holdQueue(owner, request.id, knownQueue(request.id))
      case 'drop':
        return dropQueue(owner, request.id)
      case 'adopt':
        return this.#adopt(owner, request)
      default:
        return this.#wait(owner, request)
    }
  }

  ownerExited(ended: OwnerId): void {
    for (const [owner, waits] of this.#waits) {
      if (!isBelow(owner, ended)) continue
      // Its waits first, and the last item first: the items on their way are at the head again in their old order.
      for (const number of [...waits.keys()].reverse()) this.#undo(owner, number)
    }
    dropAllOf(ended)
  }

  #wait(owner: OwnerId, request: WaitRequest): Promise<QueueAnswer> {
    const store = storeOf(request.id)
    const { number, patient } = request
    return new Promise((resolve, reject) => {
      const answer = (done: boolean, item?: unknown): void => {
        this.#forget(owner, number)
        if (request.op === 'get' && done) this.#remember(owner, number, () => store.giveBack(item))
        resolve({ done, item, size: store.size })
      }
      const waiter: QueueWaiter<unknown> = {
        done: (item) => answer(true, item),
        unavailable: () => answer(false),
        failed: reject,
      }
      const cancel = enter(store, request, waiter, patient)
      if (cancel) this.#remember(owner, number, () => cancel(() => answer(false)))
    })
  }

  #adopt(owner: OwnerId, { id, maxSize, items, unfinished }: AdoptRequest): void {
    const queue = this.#create(id, maxSize)
    const store = queue.source as LocalSource<unknown>
    holdQueue(owner, id, queue)
    store.takeOver(items, unfinished)
  }

  #remember(owner: OwnerId, number: number, undo: Undo): void {
    const waits = this.#waits.get(owner) ?? new Map<number, Undo>()
    this.#waits.set(owner, waits)
    waits.set(number, undo)
  }

  #undo(owner: OwnerId, number: number): void {
    const undo = this.#waits.get(owner)?.get(number)
    this.#forget(owner, number)
    undo?.()
  }

  #forget(owner: OwnerId, number: number): void {
    const waits = this.#waits.get(owner)
    waits?.delete(number)
    if (waits?.size === 0) this.#waits.delete(owner)
  }
}

function enter(
  store: LocalSource<unknown>,
  request: WaitRequest,
  waiter: QueueWaiter<unknown>,
  patient: boolean,
): CancelWait | undefined {
  if (request.op === 'put') return store.put(request.item, waiter, patient)
  return store[request.op](waiter, patient)
}

function storeOf(id: string): LocalSource<unknown> {
  return knownQueue(id).source as LocalSource<unknown>
}

function knownQueue(id: string): QueueLike {
  const queue = queueOf(id)
  if (queue) return queue
  throw new PebbleError("The queue is gone: nobody but this worker held it when the program's own thread was asked.")
}
