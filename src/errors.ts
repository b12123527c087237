/**
 * Every public error class.
 *
 *   Error
 *   ├── PebbleError                 code, traceback
 *   │   ├── TimeoutError            a limit passed: timeout (ms)
 *   │   ├── ProcessExpired          the worker process died: exitCode, signal, pid
 *   │   ├── ThreadExpired           the worker thread died: exitCode, threadId
 *   │   ├── PoolError               the pool cannot take, or keep, the call: reason
 *   │   ├── SerializationError      a value that cannot cross: path
 *   │   ├── LockError               a release of what is not held
 *   │   ├── QueueEmpty              getNowait() found no item
 *   │   ├── QueueFull               putNowait() found no room
 *   │   └── NotFoundError           the worker cannot find the method or function
 *   └── AbortError (abort-controller-x)
 *       └── CancelledError          code, traceback
 */
import { AbortError } from 'abort-controller-x'
import { brand, brandOf } from './utils/brand'

/** What caused an error: `ErrorOptions`, for whoever compiles without the library of ES2022. */
interface ErrorCause {
  readonly cause?: unknown
}

/** Base of the library's errors, all but {@link CancelledError}. */
export class PebbleError extends Error {
  /** Stable, for `switch`: `ERR_PEBBLE_…`. */
  readonly code: string = 'ERR_PEBBLE'
  /** The remote stack as text, where the error crossed a worker's boundary. */
  declare traceback?: string

  constructor(message: string, options?: ErrorCause) {
    super(message, options)
    const name = brandOf(new.target.prototype) ?? new.target.name // minifiers rename classes
    Object.defineProperty(this, 'name', { value: name, configurable: true, writable: true })
  }
}

/** A limit passed: `timeout` of running, `queueTimeout` of waiting, or the limit of a wait. */
export class TimeoutError extends PebbleError {
  override readonly code = 'ERR_PEBBLE_TIMEOUT'
  /** The limit that passed, in ms. */
  readonly timeout: number

  constructor(message: string, timeout: number, options?: ErrorCause) {
    super(message, options)
    this.timeout = timeout
  }
}

/** The call was cancelled. `isAbortError(error)` of abort-controller-x holds, and so does `error instanceof AbortError`. */
export class CancelledError extends AbortError {
  declare readonly code: 'ERR_PEBBLE_CANCELLED'
  declare traceback?: string
  declare cause?: unknown

  constructor(message = 'The call was cancelled.', options?: ErrorCause) {
    super(message, false)
    // What AbortError constructs is no native error (inspect and structured clone treat it as a plain object): make one.
    return Reflect.construct(Error, [message, options], new.target) as this
  }

  static {
    Object.setPrototypeOf(this.prototype, Error.prototype) // AbortError.prototype is no Error's
    const constant = (value: string) => ({ value, configurable: true, writable: true })
    Object.defineProperties(this.prototype, {
      name: constant('AbortError'),
      code: { ...constant('ERR_PEBBLE_CANCELLED'), enumerable: true },
    })
  }
}

/** How a worker process ended. */
export interface ProcessExit {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly pid: number | null
}

/** The worker process died while it ran the call. Pebble's `ProcessExpired`. */
export class ProcessExpired extends PebbleError {
  override readonly code = 'ERR_PEBBLE_PROCESS_EXPIRED'
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly pid: number | null

  constructor(message: string, exit: ProcessExit, options?: ErrorCause) {
    super(message, options)
    this.exitCode = exit.exitCode
    this.signal = exit.signal
    this.pid = exit.pid
  }
}

/** The worker thread died while it ran the call: it exited, or ran out of memory. */
export class ThreadExpired extends PebbleError {
  override readonly code = 'ERR_PEBBLE_THREAD_EXPIRED'
  readonly exitCode: number | null
  readonly threadId: number

  constructor(message: string, exit: { exitCode: number | null; threadId: number }, options?: ErrorCause) {
    super(message, options)
    this.exitCode = exit.exitCode
    this.threadId = exit.threadId
  }
}

/**
 * Why there is a {@link PoolError}:
 *
 * - `closed`, `stopped`, `broken`: this pool takes no call any more;
 * - `full`: `maxQueue` calls wait; try again later;
 * - `unavailable`: the machine has lacked what a worker needs (memory, descriptors) for 30 s; try again later;
 * - `running`: the pool has to end first: `join()`, a name that is taken, a shared pool that is in use;
 * - `unknown`: no pool is registered under that name;
 * - `kind`: the pool is one of threads where one of processes is needed, or the other way round;
 * - `depth`: too many levels of pools inside workers.
 */
export type PoolErrorReason =
  'closed' | 'stopped' | 'broken' | 'full' | 'unavailable' | 'unknown' | 'kind' | 'depth' | 'running'

/** The pool cannot take the call, or cannot keep it; `reason` says why, for `switch`. */
export class PoolError extends PebbleError {
  override readonly code = 'ERR_PEBBLE_POOL'
  readonly reason: PoolErrorReason

  /** @param options `reason`: default `broken` */
  constructor(message: string, options: ErrorCause & { readonly reason?: PoolErrorReason } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.reason = options.reason ?? 'broken'
  }
}

/** A value cannot cross to or from a worker. */
export class SerializationError extends PebbleError {
  override readonly code = 'ERR_PEBBLE_SERIALIZATION'
  /** Where the value stands: `args[0].socket`, `result.next`, `this.db`. */
  readonly path: string

  constructor(message: string, path: string, options?: ErrorCause) {
    super(message, options)
    this.path = path
  }
}

/** The worker could not find the method or function; the message says why, and what to do. */
export class NotFoundError extends PebbleError {
  override readonly code = 'ERR_PEBBLE_NOT_FOUND'
}

/** A lock was used wrongly: released by one that does not hold it, or made with other permits in a worker. */
export class LockError extends PebbleError {
  override readonly code = 'ERR_PEBBLE_LOCK'
}

/** `getNowait()` found no item. Python's `queue.Empty`. */
export class QueueEmpty extends PebbleError {
  override readonly code = 'ERR_PEBBLE_QUEUE_EMPTY'
}

/** `putNowait()` found no room. Python's `queue.Full`. */
export class QueueFull extends PebbleError {
  override readonly code = 'ERR_PEBBLE_QUEUE_FULL'
}

const classes = {
  ...{ PebbleError, TimeoutError, CancelledError, ProcessExpired, ThreadExpired, PoolError, SerializationError },
  ...{ NotFoundError, LockError, QueueEmpty, QueueFull },
}
for (const [name, cls] of Object.entries(classes)) brand(cls, name)
