/**
 * The queues that have crossed, by their ids, in the program's own thread. One is known as long as it lives: it is kept
 * alive by the program, by calls that carry it, and by workers that hold it.
 */
import { randomUUID } from 'node:crypto'
import { isBelow, type OwnerId } from '../registry/services'
import { shared } from '../registry/shared'
import type { QueueSource } from './queue-source'

/** A queue, as far as this file knows it. */
export interface QueueLike {
  readonly source: QueueSource<unknown>
}

const state = shared('queues', () => {
  const byId = new Map<string, WeakRef<QueueLike>>()
  return {
    byId,
    ids: new WeakMap<QueueLike, string>(),
    /** Who holds which queue, and how often: keeps it alive. */
    held: new Map<OwnerId, Map<string, { readonly queue: QueueLike; times: number }>>(),
    collected: new FinalizationRegistry<string>((id) => {
      if (byId.get(id)?.deref() === undefined) byId.delete(id)
    }),
  }
})

/** The id of a queue; given at its first crossing. */
export function idOf(queue: QueueLike): string {
  const id = state.ids.get(queue) ?? randomUUID()
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

/** A worker has got the queue. */
export function holdQueue(owner: OwnerId, id: string, queue: QueueLike): void {
  const all = state.held.get(owner) ?? new Map<string, { queue: QueueLike; times: number }>()
  state.held.set(owner, all)
  const held = all.get(id)
  if (held) held.times += 1
  else all.set(id, { queue, times: 1 })
}

/** A worker has dropped it. */
export function dropQueue(owner: OwnerId, id: string): void {
  const all = state.held.get(owner)
  const held = all?.get(id)
  if (!all || !held) return
  held.times -= 1
  if (held.times === 0) all.delete(id)
  if (all.size === 0) state.held.delete(owner)
}

/** A worker has ended. */
export function dropAllOf(ended: OwnerId): void {
  for (const owner of state.held.keys()) if (isBelow(owner, ended)) state.held.delete(owner)
}
