/**
 * Every public error class.
 *
 *   Error
 *   ├── PebbleError                 code, traceback
 *   │   ├── TimeoutError            a limit passed: timeout (ms)
 *   │   ├── ProcessExpired          the worker process died: exitCode, signal, pid
 *   │   ├── ThreadExpired           the worker thread died: exitCode, threadId
 *   │   ├── PoolError               the pool cannot take, or finish, the call: reason
 *   │   ├── SerializationError      a value cannot be sent: path
 *   │   ├── LockError               a lock was released by code that does not hold it
 *   │   ├── QueueEmpty              getNowait() found no item
 *   │   ├── QueueFull               putNowait() found no room
 *   │   └── NotFoundError           the worker cannot find the method or function
 *   └── CancelledError              code, traceback; an AbortError of abort-controller-x
 */
import type { AbortError } from 'abort-controller-x'
import { brand, brandOf } from './utils/brand'

/** `ErrorOptions`, for programs that are compiled without the ES2022 library. */
interface ErrorCause {
  /** What caused the error. */
  readonly cause?: unknown
}

/** The base class of all errors of the library except {@link CancelledError}. */
export class PebbleError extends Error {
  /** Identifies the class in a `switch`: `ERR_PEBBLE_…`. Does not change between versions. */
  readonly code: string = 'ERR_PEBBLE'
  /** The remote stack as text, if the error came from a worker. */
  declare traceback?: string

  constructor(message: string, options?: ErrorCause) {
    super(message, options)
    const name = brandOf(new.target.prototype) ?? new.target.name // minifiers rename classes
    Object.defineProperty(this, 'name', { value: name, configurable: true, writable: true })
  }
}

/** A limit passed: `timeout` (running), `queueTimeout` (waiting for a worker), or the limit of a wait. */
export class TimeoutError extends PebbleError {
  override readonly code = 'ERR_PEBBLE_TIMEOUT'
  /** The limit that passed, in ms. */
  readonly timeout: number

  constructor(message: string, timeout: number, options?: ErrorCause) {
    super(message, options)
    this.timeout = timeout
  }
}

/**
 * The call, or the wait, was cancelled.
 *
 * `isAbortError(error)` and `error instanceof AbortError` of abort-controller-x hold: both compare the name only. The
 * class does not extend `AbortError`, because `AbortError` does not create native errors: `util.inspect` and structured
 * clone treat its instances as plain objects.
 */
export class CancelledError extends Error implements AbortError {
  declare name: 'AbortError'
  declare stack: string
  declare readonly code: 'ERR_PEBBLE_CANCELLED'
  /** The remote stack as text, if the error came from a worker. */
  declare traceback?: string
  declare cause?: unknown

  constructor(message = 'The call was cancelled.', options?: ErrorCause) {
    super(message, options)
  }

  static {
    const constant = (value: string) => ({ value, configurable: true, writable: true })
    Object.defineProperties(this.prototype, {
      name: constant('AbortError'),
      code: { ...constant('ERR_PEBBLE_CANCELLED'), enumerable: true },
    })
  }
}

/** How a worker process ended. */
export interface ProcessExit {
  /** `null` if a signal ended it, or if the code is not known. */
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

/** The worker thread died while it ran the call: it exited or ran out of memory. */
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
 * The reasons of a {@link PoolError}:
 *
 * - `closed`, `stopped`, `broken`: the pool takes no more calls;
 * - `full`: `maxQueue` calls are waiting; try again later;
 * - `unavailable`: for 30 s the machine has lacked what a worker needs (memory, file descriptors); try again later;
 * - `running`: the pool has to end first (`join()`, a name that is taken, a shared pool that is in use);
 * - `unknown`: no pool is registered under that name;
 * - `kind`: the pool has threads and the call needs processes, or the other way round;
 * - `depth`: pools inside workers are nested too deeply.
 */
export type PoolErrorReason =
  'closed' | 'stopped' | 'broken' | 'full' | 'unavailable' | 'unknown' | 'kind' | 'depth' | 'running'

/** The pool cannot take the call, or cannot finish it; `reason` says why. */
export class PoolError extends PebbleError {
  override readonly code = 'ERR_PEBBLE_POOL'
  readonly reason: PoolErrorReason

  /** @param options `reason`: default `broken` */
  constructor(message: string, options: ErrorCause & { readonly reason?: PoolErrorReason } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.reason = options.reason ?? 'broken'
  }
}

/** A value cannot be sent to a worker, or from a worker. */
export class SerializationError extends PebbleError {
  override readonly code = 'ERR_PEBBLE_SERIALIZATION'
  /** The path of the value: `args[0].socket`, `result.next`, `this.db`. */
  readonly path: string

  constructor(message: string, path: string, options?: ErrorCause) {
    super(message, options)
    this.path = path
  }
}

/** The worker could not find the method or function. The message says why and what to do. */
export class NotFoundError extends PebbleError {
  override readonly code = 'ERR_PEBBLE_NOT_FOUND'
}

/**
 * A lock was misused: released by code that does not hold it, or created in a worker with a different number of
 * permits.
 */
export class LockError extends PebbleError {
  override readonly code = 'ERR_PEBBLE_LOCK'
}

/** `getNowait()` found the queue empty. Python's `queue.Empty`. */
export class QueueEmpty extends PebbleError {
  override readonly code = 'ERR_PEBBLE_QUEUE_EMPTY'
}

/** `putNowait()` found the queue full. Python's `queue.Full`. */
export class QueueFull extends PebbleError {
  override readonly code = 'ERR_PEBBLE_QUEUE_FULL'
}

const classes = {
  ...{ PebbleError, TimeoutError, CancelledError, ProcessExpired, ThreadExpired, PoolError, SerializationError },
  ...{ NotFoundError, LockError, QueueEmpty, QueueFull },
}
for (const [name, cls] of Object.entries(classes)) brand(cls, name)
