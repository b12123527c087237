/** Whether this code runs in a worker, and what it can do there. */
import { sharedByAll } from './shared'

/** Set by `worker/`. Copies of every protocol read this. Members may be added, but never changed. */
export interface WorkerRole {
  /** Whether a body runs in the current async context. If so, decorated calls run inline. */
  insideBody(): boolean
  /**
   * Suspends module code that has made a dispatching call outside a body. `this` and the promise of the call are kept
   * alive, and with them the code that waits and the classes that nothing else refers to.
   */
  suspend(self?: unknown, promise?: unknown): void
  /** Sends a request to a service of the parent (see `services`). Rejects with the error of the service. */
  request(service: string, body: unknown): Promise<unknown>
  /** The same, but without a response. Errors of the service are ignored. */
  tell(service: string, body: unknown): void
  /** The number of pools that are nested around this worker. */
  readonly depth: number
  /** How many lifelines this process has: its own, and those of the worker processes around it. 0: it is no worker. */
  readonly lifelines: number
}

/** `worker` is null in the parent. A worker sets it before it imports user code. */
export const role: { worker: WorkerRole | null } = sharedByAll('role', () => ({ worker: null }))

/**
 * Whether this code runs in a worker of the library.
 *
 * @example
 * if (!isWorker()) await bootstrap() // workers import the main script, too, for the classes in it
 */
export function isWorker(): boolean {
  return role.worker !== null
}
