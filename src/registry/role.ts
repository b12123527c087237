/** On which side of the boundary, and in which realm, this copy of the library runs. */
import { isForeign } from '../utils/realm'
import { sharedByAll } from './shared'

/** What the worker's side puts in {@link role}. Copies of every protocol read it: add to it, change nothing. */
export interface WorkerRole {
  /** A body is running in the current asynchronous context: decorated calls run inline. */
  insideBody(): boolean
  /**
   * A dispatching call was made outside a body, by module code: it goes no further. The `this` of the call and the
   * promise it got are kept: with them stay the code that waits, and classes that nothing else holds.
   */
  suspend(self?: unknown, promise?: unknown): void
  /** Asks a service of the parent: see `registry/services`. Rejects with what the service throws. */
  request(service: string, body: unknown): Promise<unknown>
  /** The same without an answer: what the service throws is lost. */
  tell(service: string, body: unknown): void
  /** How many pools deep this worker stands. */
  readonly depth: number
}

/** `worker` is null in the parent; the worker's side sets it before it imports anything of the user's. */
export const role: { worker: WorkerRole | null } = sharedByAll('role', () => ({ worker: null }))

/**
 * Whether this code runs in a worker of the library.
 *
 * @example
 * if (!isWorker()) await bootstrap() // workers import the main script as well, for the classes in it
 */
export function isWorker(): boolean {
  return role.worker !== null
}

/** Whether this code runs inside a vm context, as a test file of Jest does: what crosses a boundary comes from another realm. */
export const isForeignRealm: boolean = isForeign
