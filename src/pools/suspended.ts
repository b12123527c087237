/**
 * Calls of module code in a worker. They are suspended: they return a future that never settles, because it is up to the
 * program in the parent to make them. Otherwise the main script, which workers import for its classes, would create its
 * pools and do all the work again.
 */
import type { Future } from '../futures/future'
import { role } from '../registry/role'
import { mapFuture, type MapFuture } from './map/map-future'
import { ResultQueue } from './map/results'
import { newFuture } from './run-inline'

/** Whether a call made here is suspended. */
export function mustSuspend(): boolean {
  return role.worker !== null && !role.worker.insideBody()
}

/** A future that never settles: code that awaits it stops there. */
export function suspendedCall(kind: 'thread' | 'process', self: unknown): Future<unknown> {
  return suspended(newFuture({ kind, flavour: 'concurrent' }, 0), self)
}

/** A map that never gets its first element. */
export function suspendedMap(kind: 'thread' | 'process', self: unknown): MapFuture<unknown> {
  const map = mapFuture(kind, {
    queue: new ResultQueue({ consumed: () => undefined, stop: () => undefined }, 0),
    progress: { done: 0, total: undefined },
    futures: [],
    pid: null,
    running: () => false,
    cancel: () => false,
    cancelRest: () => false,
    isCancelled: false,
    observe: () => undefined,
  })
  return suspended(map, self)
}

/** A wait for the end of `pool` that never ends. */
export function suspendedEnd(pool: object): Promise<never> {
  return suspended(new Promise<never>(() => undefined), pool)
}

function suspended<T>(future: T, self: unknown): T {
  role.worker?.suspend(self, future)
  return future
}
