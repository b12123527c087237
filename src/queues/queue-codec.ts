/**
 * How a queue is sent to another thread: by its id. The items stay in the program's own thread; a queue elsewhere asks
 * for them. A queue that was made in a worker moves to that thread when it first leaves the worker.
 */
import { role } from '../registry/role'
import { shared } from '../registry/shared'
import { LocalSource } from './local-source'
import { idOf, queueOf, registerQueue, type QueueLike } from './queue-registry'
import type { QueueSource } from './queue-source'
import { RemoteSource, tellQueueService } from './remote-source'
import { crypto } from '../utils/lazy'

/** What is sent. */
export interface QueueRef {
  readonly id: string
  readonly maxSize: number
  /** When it was sent. */
  readonly size: number
}

interface MovableQueue extends QueueLike {
  readonly maxSize: number
  moveTo(source: QueueSource<unknown>): void
}

/** In a worker: the queues of the program that it holds. When one is collected, the program's own thread is told. */
const remotes = shared('queues.remotes', () => ({
  byId: new Map<string, WeakRef<QueueLike>>(),
  collected: new FinalizationRegistry<string>((id) => drop(id)),
}))

export function encodeQueue(queue: MovableQueue): QueueRef {
  const { maxSize, source } = queue
  const { size } = source
  if (role.worker === null) return { id: idOf(queue), maxSize, size }
  if (source instanceof LocalSource) return { id: moveToParent(queue, source), maxSize, size }
  return { id: (source as RemoteSource<unknown>).id, maxSize, size }
}

/** Returns the same object for the same queue. */
export function decodeQueue<Q extends QueueLike>(ref: QueueRef, create: (source: QueueSource<never>) => Q): Q {
  return role.worker === null ? decodeInParent(ref, create) : decodeInWorker(ref, create)
}

/** In the program's own thread. An unknown queue was made in a worker; its items are sent in a message of their own. */
export function decodeInParent<Q extends QueueLike>(
  { id, maxSize }: Pick<QueueRef, 'id' | 'maxSize'>,
  create: (source: QueueSource<never>) => Q,
): Q {
  const known = queueOf(id) as Q | undefined
  if (known) return known
  const queue = create(new LocalSource<never>(maxSize))
  registerQueue(queue, id)
  return queue
}

function decodeInWorker<Q extends QueueLike>(ref: QueueRef, create: (source: QueueSource<never>) => Q): Q {
  const known = remotes.byId.get(ref.id)?.deref() as Q | undefined
  if (known) return known
  const queue = create(new RemoteSource<never>(ref.id, ref.maxSize, ref.size))
  tellQueueService({ op: 'hold', id: ref.id })
  remember(queue, ref.id)
  return queue
}

/** From now on the program's own thread has the items, and answers the waits. */
function moveToParent(queue: MovableQueue, local: LocalSource<unknown>): string {
  const id = crypto().randomUUID()
  const { maxSize, unfinished } = local
  tellQueueService({ op: 'adopt', id, maxSize, unfinished, items: local.toArray() })
  const source = new RemoteSource<unknown>(id, maxSize, local.size)
  queue.moveTo(source)
  local.moveTo(source)
  remember(queue, id)
  return id
}

function remember(queue: QueueLike, id: string): void {
  remotes.byId.set(id, new WeakRef(queue))
  remotes.collected.register(queue, id)
}

function drop(id: string): void {
  if (remotes.byId.get(id)?.deref() === undefined) remotes.byId.delete(id) // the queue may have been sent again
  tellQueueService({ op: 'drop', id })
}
