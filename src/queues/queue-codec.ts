/**
 * How a queue crosses: by its id. The items are in the program's own thread; elsewhere a queue asks for them. A queue
 * that was made in a worker moves there when it first leaves that worker.
 */
import { randomUUID } from 'node:crypto'
import { role } from '../registry/role'
import { shared } from '../registry/shared'
import { idOf, queueOf, registerQueue, type QueueLike } from './queue-registry'
import { RemoteSource, tell } from './remote-source'
import type { QueueSource } from './queue-source'
import { LocalSource } from './local-source'

/** What crosses. */
export interface QueueRef {
  readonly id: string
  readonly maxSize: number
  /** At the moment of crossing. */
  readonly size: number
}

interface MovableQueue extends QueueLike {
  readonly maxSize: number
  moveTo(source: QueueSource<unknown>): void
}

/** In a worker: the queues that are held here, and how the program's thread learns when one is dropped. */
const held = shared('queues.held', () => ({
  byId: new Map<string, WeakRef<QueueLike>>(),
  dropped: new FinalizationRegistry<string>((id) => drop(id)),
}))

/** A queue, on its way out. */
export function encodeQueue(queue: MovableQueue): QueueRef {
  const { maxSize, source } = queue
  const { size } = source
  if (role.worker === null) return { id: idOf(queue), maxSize, size }
  if (source instanceof LocalSource) return { id: moveToParent(queue, source), maxSize, size }
  return { id: (source as RemoteSource<unknown>).id, maxSize, size }
}

/** A queue, where it has come to: the same object for the same queue. */
export function decodeQueue<Q extends QueueLike>(ref: QueueRef, create: (source: QueueSource<never>) => Q): Q {
  return role.worker === null ? decodeInParent(ref, create) : decodeInWorker(ref, create)
}

/** In the program's own thread. One that is not known was made in a worker, and its items come by another way. */
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
  const known = held.byId.get(ref.id)?.deref() as Q | undefined
  if (known) return known
  const queue = create(new RemoteSource<never>(ref.id, ref.maxSize, ref.size))
  tell({ op: 'hold', id: ref.id })
  keep(queue, ref.id)
  return queue
}

/** From now on the program's own thread has the items, and answers those who wait for them here. */
function moveToParent(queue: MovableQueue, store: LocalSource<unknown>): string {
  const id = randomUUID()
  const { maxSize, unfinished } = store
  tell({ op: 'adopt', id, maxSize, unfinished, items: store.snapshot() })
  const source = new RemoteSource<unknown>(id, maxSize, store.size)
  queue.moveTo(source)
  store.moveTo(source)
  keep(queue, id)
  return id
}

function keep(queue: QueueLike, id: string): void {
  held.byId.set(id, new WeakRef(queue))
  held.dropped.register(queue, id)
}

function drop(id: string): void {
  if (held.byId.get(id)?.deref() === undefined) held.byId.delete(id) // it may have come again
  tell({ op: 'drop', id })
}
