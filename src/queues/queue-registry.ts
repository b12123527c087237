/**
 * The queues that have been sent to workers or came from them, by their ids, in the program's own thread. A queue is
 * known as long as it lives. It is kept alive by the program, by calls that carry it, and by workers that hold it.
 */
import { isOwner, type OwnerId } from '../registry/services'
import { shared } from '../registry/shared'
import type { QueueSource } from './queue-source'
import { crypto } from '../utils/lazy'

/** A queue, as far as this file needs it. */
export interface QueueLike {
  readonly source: QueueSource<unknown>
}

const state = shared('queues', () => {
  const byId = new Map<string, WeakRef<QueueLike>>()
  return {
    byId,
    ids: new WeakMap<QueueLike, string>(),
    /** Which worker holds which queue, and how often. Keeps the queues alive. */
    held: new Map<OwnerId, Map<string, { readonly queue: QueueLike; times: number }>>(),
    collected: new FinalizationRegistry<string>((id) => {
      if (byId.get(id)?.deref() === undefined) byId.delete(id)
    }),
  }
})

/** The id of a queue. A queue gets it when it is first sent. */
export function idOf(queue: QueueLike): string {
  const id = state.ids.get(queue) ?? crypto().randomUUID()
  registerQueue(queue, id)
  return id
}

export function registerQueue(queue: QueueLike, id: string): void {
  if (state.ids.has(queue)) return
  state.ids.set(queue, id)
  state.byId.set(id, new WeakRef(queue))
  state.collected.register(queue, id)
}

export function queueOf(id: string): QueueLike | undefined {
  return state.byId.get(id)?.deref()
}

/** A worker has received the queue. */
export function holdQueue(owner: OwnerId, id: string, queue: QueueLike): void {
  const queues = state.held.get(owner) ?? new Map<string, { queue: QueueLike; times: number }>()
  state.held.set(owner, queues)
  const held = queues.get(id)
  if (held) held.times += 1
  else queues.set(id, { queue, times: 1 })
}

/** A worker has dropped the queue. */
export function dropQueue(owner: OwnerId, id: string): void {
  const queues = state.held.get(owner)
  const held = queues?.get(id)
  if (!queues || !held) return
  held.times -= 1
  if (held.times === 0) queues.delete(id)
  if (queues.size === 0) state.held.delete(owner)
}

/** A worker has ended, and, with `below`, those below it. */
export function dropAllOf(ended: OwnerId, below: boolean): void {
  for (const owner of state.held.keys()) if (isOwner(owner, ended, below)) state.held.delete(owner)
}
