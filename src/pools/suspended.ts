/**
 * Module code of a worker comes as far as its first call: that one is for the parent to make. The worker's main script
 * would otherwise make its pools, and do all the work again.
 */
import { Future, settledFromOutside } from '../futures/future'
import { ProcessFuture } from '../futures/process-future'
import { role } from '../registry/role'
import { mapFuture, type MapFuture } from './map/map-future'
import { ResultQueue } from './map/results'

type WorkerKind = 'thread' | 'process'

/** Whether a call that is made here goes no further. */
export function mustSuspend(): boolean {
  return role.worker !== null && !role.worker.insideBody()
}

/** A future that never settles: who waits for it waits there. */
export function suspendedCall(kind: WorkerKind, self: unknown): Future<unknown> {
  const Class = kind === 'process' ? ProcessFuture : Future
  return suspendedFuture(new Class<unknown>(settledFromOutside), self)
}

/** A map without a first element. */
export function suspendedMap(kind: WorkerKind, self: unknown): MapFuture<unknown> {
  const map = mapFuture(kind, {
    queue: new ResultQueue({ consumed: () => undefined, stop: () => undefined }),
    progress: { done: 0, total: undefined },
    futures: [],
    pid: null,
    running: () => false,
    cancel: () => false,
    cancelRest: () => false,
    isCancelled: false,
    observe: () => undefined,
  })
  return suspendedFuture(map, self)
}

function suspendedFuture<T>(future: T, self: unknown): T {
  role.worker?.suspend(self, future)
  return future
}
