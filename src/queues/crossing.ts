/**
 * How a queue crosses: by its id. The items are in the program's own thread; elsewhere a queue asks for them. A queue
 * that was made in a worker moves there when it first leaves that worker.
 */
import { randomUUID } from 'node:crypto'
import { role } from '../registry/role'
import { shared } from '../registry/shared'
import { idOf, queueOf, remember, type QueueLike } from './known'
import { RemoteSource, tell } from './remote-source'
import type { Source } from './source'
import { Store } from './store'

/** What crosses. */
export interface QueueRef {
  readonly id: string
  readonly maxSize: number
  /** At the moment of crossing. */
  readonly size: number
}

interface MovableQueue extends QueueLike {
  readonly maxSize: number
  moveTo(source: Source<unknown>): void
}

/** In a worker: the queues that are held here, and how the program's thread learns when one is dropped. */
const held = shared('queues.held', () => ({
  byId: new Map<string, WeakRef<QueueLike>>(),
  dropped: new FinalizationRegistry<string>((id) => drop(id)),
}))

/** A queue, on its way out. */
export function leave(queue: MovableQueue): QueueRef {
  const { maxSize, source } = queue
  const { size } = source
  if (role.worker === null) return { id: idOf(queue), maxSize, size }
  if (source instanceof Store) return { id: moveHome(queue, source), maxSize, size }
  return { id: (source as RemoteSource<unknown>).id, maxSize, size }
}

/** A queue, where it has come to: the same object for the same queue. */
export function arrive<Q extends QueueLike>(ref: QueueRef, create: (source: Source<never>) => Q): Q {
  return role.worker === null ? arriveHome(ref, create) : arriveInWorker(ref, create)
}

/** In the program's own thread. One that is not known was made in a worker, and its items come by another way. */
export function arriveHome<Q extends QueueLike>(
  { id, maxSize }: Pick<QueueRef, 'id' | 'maxSize'>,
  create: (source: Source<never>) => Q,
): Q {
  const known = queueOf(id) as Q | undefined
  if (known) return known
  const queue = create(new Store<never>(maxSize))
  remember(queue, id)
  return queue
}

function arriveInWorker<Q extends QueueLike>(ref: QueueRef, create: (source: Source<never>) => Q): Q {
  const known = held.byId.get(ref.id)?.deref() as Q | undefined
  if (known) return known
  const queue = create(new RemoteSource<never>(ref.id, ref.maxSize, ref.size))
  tell({ op: 'hold', id: ref.id })
  keep(queue, ref.id)
  return queue
}

/** From now on the program's own thread has the items, and answers those who wait for them here. */
function moveHome(queue: MovableQueue, store: Store<unknown>): string {
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
